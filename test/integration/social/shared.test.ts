import { socialRoutes as routes } from '../../../functions/social/routes.ts'
import { createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { block, createSocialApi, type Person, seedPerson, seedTrack } from '../../support/social.ts'
import { composeTrackServices } from '../../support/track-api.ts'

const { sql } = useDatabase()
const clock = createClock()
const api = createSocialApi(sql, { now: clock.now })
const { shares } = composeTrackServices(sql, clock.now)
const weekAndMore = 8 * 86_400

const say = async (as: Person, track_id: string, body: object) =>
  (await api(routes.createComment, as, { params: { track_id }, body })).body

/** A private track with a comment and an answer to it, and the token of a secret link to it. */
async function setUp() {
  const artist = await seedPerson(sql)
  const track_id = await seedTrack(sql, artist, 'private')
  const comment = await say(artist, track_id, { body: 'Louder?' })
  const answer = await say(artist, track_id, { body: 'Louder!', parent_id: comment.id })
  const { id: share_id, token } = await shares.create(artist, track_id, {})
  return { artist, track_id, comment, answer, share_id, token }
}

type Shared = Awaited<ReturnType<typeof setUp>>

/** The three routes that read comments, as whoever is named, with what they hold. */
const readAll = ({ track_id, comment }: Shared, as: Person | undefined, headers: Record<string, string>) =>
  Promise.all([
    api(routes.listComments, as, { params: { track_id }, headers }),
    api(routes.getComment, as, { params: { comment_id: comment.id }, headers }),
    api(routes.listReplies, as, { params: { comment_id: comment.id }, headers }),
  ])
const statusesOf = async (...call: Parameters<typeof readAll>) =>
  (await readAll(...call)).map(({ status }) => status)

test.each(['a guest', 'somebody signed in'])('%s with a secret link reads what is said', async (who) => {
  const shared = await setUp()
  const as = who === 'a guest' ? undefined : await seedPerson(sql)

  const [list, one, replies] = await readAll(shared, as, { 'X-Share-Token': shared.token })

  expect(list.body.data).toMatchObject([{ id: shared.comment.id, body: 'Louder?', reply_count: 1 }])
  expect(one.body).toMatchObject({ id: shared.comment.id, track_id: shared.track_id })
  expect(replies.body.data).toMatchObject([{ id: shared.answer.id, body: 'Louder!' }])
  for (const { headers } of [list, one, replies]) expect(headers.vary).toMatch(/x-share-token/i)
  expect(await statusesOf(shared, as, {})).toEqual([404, 404, 404])
})

describe('nothing is found with a link', () => {
  test.each<{ name: string; spoil: (shared: Shared) => unknown }>([
    { name: 'that was revoked', spoil: ({ artist, share_id }) => shares.revoke(artist, share_id) },
    { name: 'that has expired', spoil: () => clock.advance(weekAndMore) },
    {
      name: 'to a track that moderators hid',
      spoil: ({ track_id }) => sql`update tracks set hidden_at = now() where id = ${track_id}`,
    },
    {
      name: 'to a track that is deleted',
      spoil: ({ track_id }) => sql`update tracks set deleted_at = now() where id = ${track_id}`,
    },
  ])('$name', async ({ spoil }) => {
    const shared = await setUp()
    const headers = { 'X-Share-Token': shared.token }
    expect(await statusesOf(shared, undefined, headers)).toEqual([200, 200, 200])
    await spoil(shared)
    expect(await statusesOf(shared, undefined, headers)).toEqual([404, 404, 404])
  })

  test('to another track', async () => {
    const [shared, other] = [await setUp(), await setUp()]
    expect(await statusesOf(shared, undefined, { 'X-Share-Token': other.token })).toEqual([404, 404, 404])
  })

  test.each(['', 'unknown', 'x'.repeat(5_000), '😀', "' or 1=1 --"])('whose token is %j', async (token) => {
    expect(await statusesOf(await setUp(), undefined, { 'X-Share-Token': token })).toEqual([404, 404, 404])
  })

  test('by somebody whom the artist has blocked', async () => {
    const shared = await setUp()
    const blocked = await seedPerson(sql)
    await block(sql, shared.artist, blocked)
    expect(await statusesOf(shared, blocked, { 'X-Share-Token': shared.token })).toEqual([404, 404, 404])
  })
})

test('a link lets nobody write', async () => {
  const { track_id, comment, token } = await setUp()
  const reader = await seedPerson(sql)
  const headers = { 'X-Share-Token': token }
  const params = { comment_id: comment.id }
  const attempts = [
    api(routes.createComment, reader, { params: { track_id }, body: { body: 'Hello' }, headers }),
    api(routes.likeComment, reader, { params, headers }),
    api(routes.reportComment, reader, { params, body: { reason: 'spam' }, headers }),
  ]
  for (const attempt of attempts) expect(await attempt).toMatchObject({ status: 404 })
  expect(await sql`select from comments where author_id = ${reader.id}`).toEqual([])
})
