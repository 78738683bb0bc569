import { allTrackRoutes as routes } from '../../../functions/tracks/all-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { findSplitsInForce } from '../../../lib/collaboration/splits-in-force.ts'
import { useDatabase } from '../../support/database.ts'
import { createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const { as, join, createTrack, invite, accept, remove } = createStudio(sql)

/** Small and seeded, so that a failure can be run again. */
function createRandom(seed: number) {
  let state = seed
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return { next, pick: <T>(list: readonly T[]): T => list[next(list.length)]! }
}

type Shares = ReadonlyMap<string, number>

/** What the rules say, kept beside the database and much simpler. */
interface Model {
  inForce: Shares
  proposed: { readonly revision: number; readonly shares: Shares; readonly waiting: Set<string> } | undefined
  revision: number
  readonly status: Map<string, 'invited' | 'accepted'>
}

const isSame = (a: Shares, b: Shares) =>
  a.size === b.size && [...a].every(([user, split_bps]) => b.get(user) === split_bps)

function proposeTo(model: Model, shares: Shares) {
  if (model.proposed && isSame(model.proposed.shares, shares)) return
  model.proposed = undefined
  if (isSame(model.inForce, shares)) return
  model.revision += 1
  const waiting = new Set([...shares.keys(), ...model.inForce.keys()])
  model.proposed = { revision: model.revision, shares, waiting }
}

function acceptBy(model: Model, user: string, revision: number) {
  const { proposed } = model
  if (model.status.get(user) === 'invited' || proposed?.revision !== revision) return
  proposed.waiting.delete(user)
  if (proposed.waiting.size > 0) return
  model.inForce = proposed.shares
  model.proposed = undefined
}

function removeFrom(model: Model, user: string) {
  if (!model.status.delete(user)) return
  const { proposed } = model
  const isParty = proposed?.shares.has(user) || model.inForce.has(user)
  if (proposed && isParty) model.proposed = undefined
}

test.each([1, 2, 3, 4, 5, 6])(
  'whatever is proposed, accepted and left (seed %i), the sheet in force is whole and the word of all on it',
  async (seed) => {
    const { next, pick } = createRandom(seed)
    const owner = await join()
    const people = await Promise.all(Array.from({ length: 3 }, join))
    const track_id = await createTrack(owner)
    const model: Model = { inForce: new Map(), proposed: undefined, revision: 0, status: new Map() }

    const agreed = new Set<Shares>()
    for (let step = 0; step < 120; step++) {
      await take(next(14), pick(people))
      await compare()
      agreed.add(model.inForce)
    }
    expect(model.revision).toBeGreaterThan(2)
    expect(agreed.size).toBeGreaterThan(1)

    async function take(what: number, user: Actor) {
      if (what === 0) {
        await invite(owner, track_id, user, { role: 'viewer' })
        if (!model.status.has(user.id)) model.status.set(user.id, 'invited')
      } else if (what <= 2) {
        const { status } = await accept(user, track_id)
        if (status === 200) model.status.set(user.id, 'accepted')
      } else if (what === 3 && next(3) === 0) {
        await remove(pick([owner, user]), track_id, user)
        removeFrom(model, user.id)
      } else if (what <= 5) {
        const named = people.filter(({ id }) => isKnown(id) || next(12) === 0)
        await proposeRandom(new Map(named.map(({ id }) => [id, next(4) === 0 ? 0 : next(4_000)])))
      } else if (what === 6 && next(4) === 0) {
        await as(owner, routes.withdrawSplits, { params: { track_id } })
        model.proposed = undefined
      } else {
        const revision = Math.max(1, model.revision - (next(5) === 0 ? 1 : 0))
        await as(user, routes.acceptSplits, { params: { track_id }, body: { revision } })
        acceptBy(model, user.id, revision)
      }
    }

    function isKnown(user: string) {
      return model.status.has(user) || model.inForce.has(user)
    }

    async function proposeRandom(shares: Map<string, number>) {
      const entries = [...shares].map(([user_id, split_bps]) => ({ user_id, split_bps }))
      const { status } = await as(owner, routes.proposeSplits, { params: { track_id }, body: { entries } })
      const sum = entries.reduce((all, { split_bps }) => all + split_bps, 0)
      expect(status).toBe(entries.every(({ user_id }) => isKnown(user_id)) && sum <= 10_000 ? 200 : 422)
      if (status !== 200) return
      proposeTo(model, new Map([...shares].filter(([, split_bps]) => split_bps > 0)))
    }

    async function compare() {
      const shares = await findSplitsInForce(sql, track_id)
      expect(shares.reduce((sum, { split_bps }) => sum + split_bps, 0)).toBe(10_000)
      const beside = shares.filter(({ user_id }) => user_id !== owner.id)
      expect(new Map(beside.map(({ user_id, split_bps }) => [user_id, split_bps]))).toEqual(model.inForce)
      const unheard = await sql`
        select from split_sheets s
        join split_entries e on e.sheet_id = s.id
        where s.track_id = ${track_id} and s.status in ('in_force', 'replaced') and e.accepted_at is null
      `
      expect(unheard).toEqual([])
      const proposed = await sql<{ revision: number }[]>`
        select revision from split_sheets where track_id = ${track_id} and status = 'proposed'
      `
      expect(proposed[0]?.revision).toBe(model.proposed?.revision)
    }
  },
  30_000,
)
