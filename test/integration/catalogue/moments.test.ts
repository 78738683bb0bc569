import { createAuditService } from '../../../lib/audit/service.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createModerationService } from '../../../lib/moderation/service.ts'
import { createHistoryService } from '../../../lib/plays/history-service.ts'
import { createTrackDeletionService } from '../../../lib/tracks/deletion-service.ts'
import { useDatabase } from '../../support/database.ts'
import { type Person, seedPerson, seedTrack } from '../../support/social.ts'

const { sql } = useDatabase()

interface Page {
  readonly data: readonly { readonly id: string }[]
  readonly next_cursor: string | null
}
type List = (actor: Actor, query: { limit: number; cursor?: string }) => Promise<Page>

/** What lies within one millisecond, each a microsecond after the other. */
const moments = [0, 1, 2, 3].map((at) => `2026-11-01T12:00:00.00000${at}Z`)

const relay = { flushSoon: async () => {} }
const never = async () => {
  throw new Error('Nobody is suspended here')
}
const moderation = createModerationService({ sql, relay, admin: { suspendWithin: never } })
const audit = createAuditService({ sql })

const lists: Readonly<Record<string, { list: List; add: (of: Person, at: string) => PromiseLike<unknown> }>> =
  {
    'the audit trail': {
      list: (actor, query) => audit.list({ ...query, user: actor.id }),
      add: ({ id }, at) => sql`
      insert into audit_events (at, action, outcome, user_id, user_agent, request_id, details)
      values (${at}::text::timestamptz, 'session.started', 'success', ${id}, '', 'request', '{}')
    `,
    },
    'the listening history': {
      list: (actor, query) => createHistoryService({ sql }).listOwn(actor, query),
      add: async (of, at) => sql`
      insert into listening_history (user_id, track_id, last_played_at)
      values (${of.id}, ${await seedTrack(sql, of)}, ${at}::text::timestamptz)
    `,
    },
    'the deleted tracks': {
      list: (actor, query) => createTrackDeletionService({ sql }).list(actor, query),
      add: async (of, at) => sql`
      update tracks set deleted_at = ${at}::text::timestamptz, purges_at = now() + interval '1 day'
      where id = ${await seedTrack(sql, of)}
    `,
    },
    'the reports': {
      list: (actor, query) => moderation.list(actor, { ...query, state: 'open' }),
      add: async (_of, at) => {
        const { id } = await seedPerson(sql)
        return sql`
        insert into moderation_cases (subject_kind, subject_id, user_id, excerpt, opened_at)
        values ('user', ${id}, ${id}, '', ${at}::text::timestamptz)
      `
      },
    },
  }

test.each(Object.entries(lists))(
  '%s loses and repeats nothing of one millisecond between pages',
  async (_name, { list, add }) => {
    const person = await seedPerson(sql)
    for (const at of moments) await add(person, at)
    const ids: string[] = []

    for (let cursor: string | null = ''; cursor !== null && ids.length < 9; ) {
      const page: Page = await list(person, { limit: 1, ...(cursor && { cursor }) })
      ids.push(...page.data.map(({ id }) => id))
      cursor = page.next_cursor
    }

    const { data } = await list(person, { limit: 9 })
    expect(ids).toEqual(data.map(({ id }) => id))
    expect(new Set(ids).size).toBe(moments.length)
  },
)
