import { allTrackRoutes as routes } from '../../../functions/tracks/all-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { findSplitsInForce } from '../../../lib/collaboration/splits-in-force.ts'
import { personalData } from '../../../lib/exports/personal-data.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { purgeDueTracks } from '../../../lib/tracks/purge.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { useDatabase } from '../../support/database.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const { as, join, createTrack, invite, accept, engage, remove, get } = createStudio(sql)
const bury = (now: Date) => buryDueAccount(sql, now)

const propose = (owner: Actor, track_id: string, shares: Readonly<Record<string, number>>) =>
  as(owner, routes.proposeSplits, {
    params: { track_id },
    body: { entries: Object.entries(shares).map(([user_id, split_bps]) => ({ user_id, split_bps })) },
  })
const agree = (actor: Actor, track_id: string, revision: number) =>
  as(actor, routes.acceptSplits, { params: { track_id }, body: { revision } })
const splits = (actor: Actor, track_id: string) => as(actor, routes.getSplits, { params: { track_id } })

async function end(user: Actor) {
  const now = new Date()
  await sql`update users set deletes_at = ${now} where id = ${user.id}`
  expect(await bury(now)).toBe(1)
}

/** Ben edits and holds a quarter, Cleo a tenth; both agreed. */
async function setUp() {
  const owner = await join()
  const track_id = await createTrack(owner, { visibility: 'public' })
  await addVersion(sql, track_id)
  const [ben, cleo] = [await engage(owner, track_id), await engage(owner, track_id)]
  await propose(owner, track_id, { [ben.id]: 2_500, [cleo.id]: 1_000 })
  await agree(ben, track_id, 1)
  await agree(cleo, track_id, 1)
  return { owner, track_id, ben, cleo }
}

describe('the end of an account', () => {
  test('ends its collaborations, invitations and uploads, and leaves its share with what is left of it', async () => {
    const { owner, track_id, ben } = await setUp()
    const other = await createTrack(owner)
    await invite(owner, other, ben)
    const next = await addVersion(sql, track_id, { status: 'transcoding', created_by: ben.id })

    await end(ben)

    expect(await sql`select from track_collaborators where user_id = ${ben.id}`).toEqual([])
    const [upload] = await sql`select status, status_reason from uploads where id = ${next.upload_id}`
    expect(upload).toEqual({ status: 'failed', status_reason: 'uploader_removed' })
    expect(await findSplitsInForce(sql, track_id)).toContainEqual({ user_id: ben.id, split_bps: 2_500 })
    const { body } = await splits(owner, track_id)
    expect(body.in_force!.entries).toContainEqual(
      expect.objectContaining({
        user: expect.objectContaining({ display_name: 'Deleted user' }),
        split_bps: 2_500,
      }),
    )
  })

  test('voids what was proposed to it, and the next sheet does not wait for it', async () => {
    const { owner, track_id, ben, cleo } = await setUp()
    await propose(owner, track_id, { [ben.id]: 3_000, [cleo.id]: 1_000 })

    await end(ben)

    expect((await splits(owner, track_id)).body.proposed).toBeNull()
    expect(await propose(owner, track_id, { [ben.id]: 1 })).toMatchObject({ status: 422 })
    await propose(owner, track_id, { [cleo.id]: 2_000 })
    await agree(cleo, track_id, 3)
    expect(await findSplitsInForce(sql, track_id)).toEqual([
      { user_id: owner.id, split_bps: 8_000 },
      { user_id: cleo.id, split_bps: 2_000 },
    ])
  })

  test('of an owner leaves nobody working on what was theirs', async () => {
    const { owner, track_id } = await setUp()
    await end(owner)
    expect(await sql`select from track_collaborators where track_id = ${track_id}`).toEqual([])
  })
})

describe('a block', () => {
  const relations = createRelationService({ sql, relay: { flushSoon: async () => {} } })

  test.each(['owner', 'ben'] as const)(
    'by the %s ends what they do together, and nothing else',
    async (who) => {
      const all = await setUp()
      const { owner, ben, cleo, track_id } = all
      const own = await createTrack(ben)
      await invite(ben, own, owner)
      await accept(owner, own)
      const elsewhere = await createTrack(cleo)
      await invite(cleo, elsewhere, ben)
      await accept(ben, elsewhere)

      await relations.block(all[who], who === 'owner' ? ben.id : owner.id)

      const left = await sql<{ track_id: string; user_id: string }[]>`
      select track_id, user_id from track_collaborators where track_id = any(${[track_id, own, elsewhere]})
    `
      expect(left).toHaveLength(2)
      expect(left).toEqual(
        expect.arrayContaining([
          { track_id, user_id: cleo.id },
          { track_id: elsewhere, user_id: ben.id },
        ]),
      )
      expect(await get(ben, track_id)).toMatchObject({ status: 404 })
      expect(await get(owner, own)).toMatchObject({ status: 404 })
    },
  )

  test('between two collaborators leaves both, unseen by each other', async () => {
    const { ben, cleo, track_id } = await setUp()
    await relations.block(ben, cleo.id)
    const list = async (actor: Actor) => {
      const { body } = await as(actor, routes.listCollaborators, { params: { track_id } })
      return body.data.map(({ user }) => user.id)
    }
    expect([await list(ben), await list(cleo)]).toEqual([[ben.id], [cleo.id]])
  })
})

test('a track that is purged keeps its row for the split sheets that were agreed on', async () => {
  const { owner, track_id, ben } = await setUp()
  await as(owner, routes.deleteTrack, { params: { track_id } })
  const later = new Date(Date.now() + 40 * 86_400_000)

  while ((await purgeDueTracks(sql, later)) > 0);

  const [track] = await sql`select title, purged_at from tracks where id = ${track_id}`
  expect(track).toEqual({ title: 'Deleted track', purged_at: later })
  expect(await findSplitsInForce(sql, track_id)).toContainEqual({ user_id: ben.id, split_bps: 2_500 })
})

test('the file with the data of a user holds their part in tracks of others, and their shares', async () => {
  const { track_id, ben, cleo } = await setUp()
  await remove(cleo, track_id, cleo)
  const place = { user_id: ben.id, after: '00000000-0000-0000-0000-000000000000', limit: 10 }

  expect(await personalData['collaborations.json']!(sql, place)).toMatchObject([
    { track_id, role: 'editor', status: 'accepted' },
  ])
  expect(await personalData['splits.json']!(sql, place)).toMatchObject([
    { track_id, revision: 1, status: 'in_force', split_bps: 2_500, accepted_at: expect.any(Date) },
  ])
  const hers = { ...place, user_id: cleo.id }
  expect(await personalData['collaborations.json']!(sql, hers)).toEqual([])
  expect(await personalData['splits.json']!(sql, hers)).toMatchObject([{ split_bps: 1_000 }])
})
