import { randomUUID } from 'node:crypto'
import type postgres from 'postgres'
import type { Actor } from '../../../lib/auth/actor.ts'
import type { KeyRing } from '../../../lib/auth/key-ring.ts'
import { createAccessTokenSigner } from '../../../lib/auth/tokens.ts'
import type { ApiEvent } from '../../../lib/http/exchange.ts'
import { firstExpiries } from '../../../lib/sessions/lifetimes.ts'
import { httpEvent } from '../../support/api.ts'
import type { Case } from './cases.ts'
import { isKeenFollower, userId, viewerCount } from './library.ts'
import type { Subjects } from './subjects.ts'

export type Callers = Awaited<ReturnType<typeof createCallers>>

/** Each caller makes a few calls of a case: no limit is met, and counting the calls is in the figure. */
const callersOfCase = 40

/** Signs the viewers in, and makes the events of calls in their names or in that of guests. */
export async function createCallers(sql: postgres.Sql, ring: KeyRing, { viewers }: Subjects) {
  const keen = Array.from({ length: viewerCount }, (_, at) => at).filter(isKeenFollower)
  const actors = new Map<number, Actor>()
  const auth_time = Math.floor(Date.now() / 1_000)
  for (const index of [...viewers, ...keen]) {
    const id = userId(index)
    actors.set(index, {
      id,
      session_id: randomUUID(),
      role: 'user',
      token_version: 1,
      auth_time,
      acr: 'aal1',
    })
  }
  await signIn(sql, [...actors.values()])
  const signer = createAccessTokenSigner({ loadKeys: async () => ring, ttlSeconds: 7_200 })
  const tokens = new Map<number, string>()
  for (const [index, actor] of actors) tokens.set(index, await signer.sign(actor))
  let cases = 0

  return {
    eventsOf({ route, callers, ask }: Case, count: number): ApiEvent[] {
      cases += 1
      return Array.from({ length: count }, (_, at) => {
        const asked = ask?.(at) ?? {}
        const place = ask ? at % callersOfCase : at
        if (!callers) return httpEvent(route, { ...asked, ip: `10.${cases}.0.${place}` })
        const caller = callers[(cases * callersOfCase + place) % callers.length]!
        return route.auth === 'user'
          ? httpEvent(route, { ...asked, actor: actors.get(caller)!, expires_at: auth_time + 7_200 })
          : httpEvent(route, { ...asked, headers: { authorization: `Bearer ${tokens.get(caller)}` } })
      })
    },
  }
}

async function signIn(sql: postgres.Sql, actors: readonly Actor[]) {
  const now = new Date()
  const rows = actors.map(({ id, session_id }) => ({
    id: session_id,
    user_id: id,
    ...firstExpiries('user', now),
  }))
  await sql`truncate sessions cascade`
  await sql`insert into sessions ${sql(rows)}`
  await sql`analyze sessions`
}
