import { randomUUID } from 'node:crypto'
import { allTrackRoutes as routes } from '../../../functions/tracks/all-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { findSplitsInForce } from '../../../lib/collaboration/splits-in-force.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { useDatabase } from '../../support/database.ts'
import { createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const studio = createStudio(sql)
const { as, join, createTrack, invite, accept, remove, engage } = studio

const notFound = { status: 404, problem: { code: 'not_found' } }

const read = (actor: Actor, track_id: string, headers = {}) =>
  as(actor, routes.getSplits, { params: { track_id }, headers })
const propose = (actor: Actor, track_id: string, shares: readonly [{ id: string }, number][], headers = {}) =>
  as(actor, routes.proposeSplits, {
    params: { track_id },
    body: { entries: shares.map(([{ id: user_id }, split_bps]) => ({ user_id, split_bps })) },
    headers,
  })
const agree = (actor: Actor, track_id: string, revision: number) =>
  as(actor, routes.acceptSplits, { params: { track_id }, body: { revision } })
const withdraw = (actor: Actor, track_id: string, headers = {}) =>
  as(actor, routes.withdrawSplits, { params: { track_id }, headers })

/** The shares by the name that the test gives to each. */
const inForce = async (track_id: string, people: Readonly<Record<string, Actor>>) => {
  const names = new Map(Object.entries(people).map(([name, { id }]) => [id, name]))
  const shares = await findSplitsInForce(sql, track_id)
  return Object.fromEntries(shares.map(({ user_id, split_bps }) => [names.get(user_id), split_bps]))
}

async function setUp() {
  const owner = await join()
  const track_id = await createTrack(owner)
  const [ben, cleo] = [await engage(owner, track_id), await engage(owner, track_id, { role: 'viewer' })]
  return { owner, ben, cleo, track_id, people: { owner, ben, cleo } }
}

/** A sheet in force: 25 % Ben's, 10 % Cleo's. */
async function setUpAgreed() {
  const all = await setUp()
  const { owner, ben, cleo, track_id } = all
  await propose(owner, track_id, [
    [ben, 2_500],
    [cleo, 1_000],
  ])
  await agree(ben, track_id, 1)
  await agree(cleo, track_id, 1)
  return all
}

describe('a split sheet', () => {
  test('is in force once all who stand on it have accepted it, and not before', async () => {
    const { owner, ben, cleo, track_id, people } = await setUp()
    expect((await read(ben, track_id)).body).toEqual({ in_force: null, proposed: null })
    expect(await inForce(track_id, people)).toEqual({ owner: 10_000 })

    const proposed = await propose(owner, track_id, [
      [ben, 2_500],
      [cleo, 1_000],
    ])

    expect(proposed).toMatchObject({ status: 200, body: { in_force: null, proposed: { revision: 1 } } })
    expect(proposed.body.proposed!.entries).toMatchObject([
      { user: { id: owner.id }, split_bps: 6_500, accepted_at: expect.any(String) },
      { user: { id: ben.id }, split_bps: 2_500, accepted_at: null },
      { user: { id: cleo.id }, split_bps: 1_000, accepted_at: null },
    ])
    expect((await agree(ben, track_id, 1)).body.in_force).toBeNull()
    expect(await inForce(track_id, people)).toEqual({ owner: 10_000 })

    const agreed = (await agree(cleo, track_id, 1)).body

    expect(agreed).toMatchObject({
      in_force: { revision: 1, effective_at: expect.any(String) },
      proposed: null,
    })
    expect(await inForce(track_id, people)).toEqual({ owner: 6_500, ben: 2_500, cleo: 1_000 })
  })

  test('once changed has to be accepted anew, while the one in force stays so', async () => {
    const { owner, ben, cleo, track_id, people } = await setUpAgreed()
    await propose(owner, track_id, [
      [ben, 3_000],
      [cleo, 1_000],
    ])
    await agree(ben, track_id, 2)
    await propose(owner, track_id, [
      [ben, 2_000],
      [cleo, 2_000],
    ])

    expect(await agree(ben, track_id, 2)).toMatchObject({
      status: 409,
      problem: { code: 'split_proposal_changed' },
    })
    await agree(cleo, track_id, 3)
    expect(await inForce(track_id, people)).toEqual({ owner: 6_500, ben: 2_500, cleo: 1_000 })
    await agree(ben, track_id, 3)
    expect(await inForce(track_id, people)).toEqual({ owner: 6_000, ben: 2_000, cleo: 2_000 })
    const history = await sql`
      select revision, status from split_sheets where track_id = ${track_id} order by revision
    `
    expect(history).toEqual([
      { revision: 1, status: 'replaced' },
      { revision: 2, status: 'withdrawn' },
      { revision: 3, status: 'in_force' },
    ])
  })

  test('is accepted by nobody who does not stand on it, and told so', async () => {
    const { owner, ben, cleo, track_id, people } = await setUp()
    await propose(owner, track_id, [[ben, 2_500]])

    expect(await agree(cleo, track_id, 1)).toMatchObject({
      status: 403,
      problem: { code: 'not_on_split_sheet' },
    })
    expect(await agree(cleo, track_id, 2)).toMatchObject({
      status: 409,
      problem: { code: 'split_proposal_changed' },
    })
    await agree(ben, track_id, 1)
    expect(await agree(cleo, track_id, 1)).toMatchObject({ problem: { code: 'not_on_split_sheet' } })
    expect(await inForce(track_id, people)).toEqual({ owner: 7_500, ben: 2_500 })
  })

  test('of the same shares again keeps what was accepted', async () => {
    const { owner, ben, cleo, track_id } = await setUp()
    const shares = [
      [ben, 1],
      [cleo, 9_999],
    ] as const
    await propose(
      owner,
      track_id,
      [...shares].map(([who, bps]) => [who, bps]),
    )
    await agree(ben, track_id, 1)

    const again = await propose(
      owner,
      track_id,
      [...shares].reverse().map(([who, bps]) => [who, bps]),
    )

    expect(again.body.proposed).toMatchObject({ revision: 1 })
    expect((await agree(cleo, track_id, 1)).body.in_force).toMatchObject({ revision: 1 })
  })

  test('proposed as it is in force already takes the other proposal back', async () => {
    const { owner, ben, cleo, track_id } = await setUpAgreed()
    await propose(owner, track_id, [[ben, 9_000]])

    const { body } = await propose(owner, track_id, [
      [cleo, 1_000],
      [ben, 2_500],
    ])

    expect(body).toMatchObject({ in_force: { revision: 1 }, proposed: null })
  })

  test('is accepted twice by one with no more effect than once', async () => {
    const { owner, ben, cleo, track_id } = await setUp()
    await propose(owner, track_id, [
      [ben, 100],
      [cleo, 100],
    ])
    const first = await agree(ben, track_id, 1)
    const second = await agree(ben, track_id, 1)
    expect(second).toMatchObject({ status: 200, body: first.body, headers: { etag: first.headers.etag } })
    await agree(cleo, track_id, 1)
    expect((await agree(cleo, track_id, 1)).body.in_force).toMatchObject({ revision: 1 })
  })

  test('can be taken back while it is proposed, once or twice', async () => {
    const { owner, ben, track_id, people } = await setUpAgreed()
    await propose(owner, track_id, [[ben, 1]])

    expect(await withdraw(owner, track_id)).toMatchObject({ status: 204 })
    expect(await withdraw(owner, track_id)).toMatchObject({ status: 204 })

    expect(await agree(ben, track_id, 2)).toMatchObject({ status: 409 })
    expect(await inForce(track_id, people)).toEqual({ owner: 6_500, ben: 2_500, cleo: 1_000 })
  })

  test('tells all parties when it is proposed and when it is in force', async () => {
    const { owner, ben, cleo, track_id } = await setUpAgreed()
    const told = await sql<{ to: string; by: string }[]>`
      select payload->>'recipient_id' as to, payload->>'actor_id' as by from outbox
      where payload->>'kind' = 'split_change' and payload->>'track_id' = ${track_id}
      order by id
    `
    expect(
      told
        .slice(0, 2)
        .map(({ to }) => to)
        .sort(),
    ).toEqual([ben.id, cleo.id].sort())
    expect(
      told
        .slice(2)
        .map(({ to }) => to)
        .sort(),
    ).toEqual([owner.id, ben.id].sort())
    expect(new Set(told.map(({ by }) => by))).toEqual(new Set([owner.id, cleo.id]))
  })

  test('comes with a share in an invitation, and waits for both answers', async () => {
    const { owner, track_id } = await setUp()
    const dora = await join()
    await invite(owner, track_id, dora, { role: 'viewer', split_bps: 500 })

    expect((await read(dora, track_id)).body.proposed!.entries).toMatchObject([
      { split_bps: 9_500 },
      { user: { id: dora.id }, split_bps: 500 },
    ])
    expect(await agree(dora, track_id, 1)).toMatchObject({ status: 409, problem: { code: 'conflict' } })
    await accept(dora, track_id)
    expect((await read(owner, track_id)).body.in_force).toBeNull()
    expect((await agree(dora, track_id, 1)).body.in_force).toMatchObject({ revision: 1 })
  })

  test('takes a share over into the next proposal, by the route of a collaborator too', async () => {
    const { owner, ben, cleo, track_id } = await setUpAgreed()

    await invite(owner, track_id, ben, { role: 'editor', split_bps: 3_000 })

    const { body } = await read(owner, track_id)
    expect(body.proposed!.entries).toMatchObject([
      { user: { id: owner.id }, split_bps: 6_000 },
      { user: { id: ben.id }, split_bps: 3_000 },
      { user: { id: cleo.id }, split_bps: 1_000 },
    ])
    expect(await invite(owner, track_id, ben, { role: 'editor', split_bps: 9_001 })).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '#/body/split_bps', code: 'too_big' }] },
    })
  })
})

describe('a share in force', () => {
  test('outlives the collaboration, and only its holder gives it up', async () => {
    const { owner, ben, cleo, track_id, people } = await setUpAgreed()
    await remove(owner, track_id, ben)
    expect(await inForce(track_id, people)).toEqual({ owner: 6_500, ben: 2_500, cleo: 1_000 })

    const { body } = await propose(owner, track_id, [[cleo, 1_000]])

    expect(body.proposed!.entries).toContainEqual(
      expect.objectContaining({
        user: expect.objectContaining({ id: ben.id }),
        split_bps: 0,
        accepted_at: null,
      }),
    )
    await agree(cleo, track_id, 2)
    expect(await inForce(track_id, people)).toMatchObject({ ben: 2_500 })
    expect((await agree(ben, track_id, 2)).body.in_force).toMatchObject({ revision: 2 })
    expect(await inForce(track_id, people)).toEqual({ owner: 9_000, cleo: 1_000 })
    expect(await read(ben, track_id)).toMatchObject({ status: 200 })
  })

  test('may stand in the next sheet, collaborator or not', async () => {
    const { owner, ben, track_id, people, cleo } = await setUpAgreed()
    await remove(ben, track_id, ben)
    await propose(owner, track_id, [
      [ben, 2_400],
      [cleo, 1_000],
    ])
    await agree(ben, track_id, 2)
    await agree(cleo, track_id, 2)
    expect(await inForce(track_id, people)).toEqual({ owner: 6_600, ben: 2_400, cleo: 1_000 })
  })

  test('outlives a block, which ends the collaboration', async () => {
    const { owner, ben, track_id, people } = await setUpAgreed()
    const relations = createRelationService({ sql, relay: { flushSoon: async () => {} } })

    await relations.block(ben, owner.id)

    expect(await studio.get(ben, track_id)).toMatchObject(notFound)
    expect(await inForce(track_id, people)).toMatchObject({ ben: 2_500 })
    expect(await read(ben, track_id)).toMatchObject({ status: 200, body: { in_force: { revision: 1 } } })
    expect(await invite(owner, track_id, ben)).toMatchObject(notFound)
  })

  test('goes with no proposal of which a party leaves', async () => {
    const { owner, ben, cleo, track_id, people } = await setUp()
    await propose(owner, track_id, [
      [ben, 2_500],
      [cleo, 1_000],
    ])
    await agree(cleo, track_id, 1)

    await remove(ben, track_id, ben)

    expect((await read(owner, track_id)).body).toEqual({ in_force: null, proposed: null })
    expect(await read(ben, track_id)).toMatchObject(notFound)
    expect(await agree(cleo, track_id, 1)).toMatchObject({ status: 409 })
    expect(await inForce(track_id, people)).toEqual({ owner: 10_000 })
  })
})

describe('is refused', () => {
  test.each([
    { name: '10001 in one', shares: [10_001], pointer: '#/body/entries/0/split_bps' },
    { name: '10001 in all', shares: [5_001, 5_000], pointer: '#/body/entries' },
    { name: 'a negative share', shares: [-1], pointer: '#/body/entries/0/split_bps' },
    { name: 'half a point', shares: [0.5], pointer: '#/body/entries/0/split_bps' },
    { name: 'a huge share', shares: [2 ** 53], pointer: '#/body/entries/0/split_bps' },
  ])('a sheet with $name', async ({ shares, pointer }) => {
    const { owner, ben, cleo, track_id } = await setUp()
    const who = [ben, cleo]
    const answer = await propose(
      owner,
      track_id,
      shares.map((bps, at) => [who[at]!, bps]),
    )
    expect(answer.status).toBe(422)
    expect(answer.problem.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]))
  })

  test('a sheet with somebody twice, a stranger, or the owner', async () => {
    const { owner, ben, track_id } = await setUp()
    const pointerOf = async (shares: Parameters<typeof propose>[2]) => {
      const { status, problem } = await propose(owner, track_id, shares)
      return [status, problem.errors?.[0]?.pointer]
    }
    expect(
      await pointerOf([
        [ben, 1],
        [ben, 1],
      ]),
    ).toEqual([422, '#/body/entries'])
    expect(
      await pointerOf([
        [ben, 1],
        [await join(), 1],
      ]),
    ).toEqual([422, '#/body/entries/1/user_id'])
    expect(await pointerOf([[owner, 1]])).toEqual([422, '#/body/entries/0/user_id'])
    expect(await pointerOf([[{ id: randomUUID() }, 1]])).toEqual([422, '#/body/entries/0/user_id'])
  })

  test('to whoever does not own the track', async () => {
    const { owner, ben, track_id } = await setUpAgreed()
    await propose(owner, track_id, [[ben, 1]])
    for (const actor of [ben, await join()]) {
      expect(await propose(actor, track_id, [[ben, 9_000]])).toMatchObject(notFound)
      expect(await withdraw(actor, track_id)).toMatchObject(notFound)
    }
  })

  test('to strangers, who neither read nor accept', async () => {
    const { owner, ben, track_id } = await setUp()
    await propose(owner, track_id, [[ben, 1]])
    const stranger = await join()
    expect(await read(stranger, track_id)).toMatchObject(notFound)
    expect(await agree(stranger, track_id, 1)).toMatchObject(notFound)
  })

  test('when the client saw another state', async () => {
    const { owner, ben, cleo, track_id } = await setUp()
    const { headers } = await read(owner, track_id)
    await propose(owner, track_id, [[ben, 1]], { 'if-match': headers.etag! })

    const stale = { status: 412, problem: { code: 'precondition_failed' } }
    expect(await propose(owner, track_id, [[cleo, 1]], { 'if-match': headers.etag! })).toMatchObject(stale)
    expect(await withdraw(owner, track_id, { 'if-match': headers.etag! })).toMatchObject(stale)
    const { headers: fresh } = await read(owner, track_id)
    await agree(ben, track_id, 1)
    expect(await propose(owner, track_id, [[cleo, 1]], { 'if-match': fresh.etag! })).toMatchObject(stale)
    const unchanged = await read(owner, track_id, {
      'if-none-match': (await read(owner, track_id)).headers.etag!,
    })
    expect(unchanged.status).toBe(304)
  })
})

test('what was agreed on cannot be changed, not even in the database', async () => {
  const { track_id } = await setUpAgreed()
  const entries = sql`sheet_id in (select id from split_sheets where track_id = ${track_id})`
  await expect(sql`update split_entries set split_bps = 10000 where ${entries}`).rejects.toThrow()
  await expect(sql`update split_entries set accepted_at = now() where ${entries}`).rejects.toThrow()
  await expect(sql`delete from split_entries where ${entries}`).rejects.toThrow()
  await expect(sql`delete from split_sheets where track_id = ${track_id}`).rejects.toThrow()
})
