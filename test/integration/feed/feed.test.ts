import { randomBytes } from 'node:crypto'
import { socialRoutes } from '../../../functions/social/routes.ts'
import { listCandidates } from '../../../lib/feed/repository.ts'
import type { CallOptions } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { createSocialApi, type Person, seedPerson, seedTrack } from '../../support/social.ts'

const { sql } = useDatabase()
const request = createSocialApi(sql)
const start = Date.parse('2026-03-01T12:00:00Z')
const minute = (at: number) => new Date(start + at * 60_000)

const get = (as: Person, query: CallOptions['query'] = {}) => request(socialRoutes.listFeed, as, { query })
const tracksOf = async (as: Person, query: CallOptions['query'] = {}) =>
  (await get(as, query)).body.data.map(({ track }) => track.id)

const follow = (follower: Person, ...followed: Person[]) =>
  sql`insert into follows ${sql(followed.map(({ id }) => ({ follower_id: follower.id, followed_id: id })))}`

/** Publishes at a minute of the day. */
async function publish(by: Person, at: number, fields: Readonly<Record<string, unknown>> = {}) {
  const id = await seedTrack(sql, by)
  await sql`update tracks set ${sql({ published_at: minute(at), ...fields })} where id = ${id}`
  return id
}

async function repost(by: Person, track_id: string, at: number) {
  const ms = minute(at).getTime().toString(16).padStart(12, '0')
  const id = `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-${randomBytes(6).toString('hex')}`
  await sql`insert into reposts ${sql({ id, track_id, user_id: by.id })}`
}

/** All pages, one entry after the other. */
async function readAll(as: Person, limit = 2) {
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const { body } = await get(as, { limit, ...(cursor && { cursor }) })
    seen.push(...body.data.map(({ track }) => track.id))
    cursor = body.next_cursor
    expect(body.has_more).toBe(cursor !== null)
  } while (cursor)
  return seen
}

async function setUp() {
  const [reader, ada, ben, stranger] = [
    await seedPerson(sql),
    await seedPerson(sql),
    await seedPerson(sql),
    await seedPerson(sql),
  ]
  await follow(reader, ada, ben)
  return { reader, ada, ben, stranger }
}

test('is empty for who follows nobody', async () => {
  const { stranger } = await setUp()

  expect((await get(stranger)).body).toEqual({ data: [], has_more: false, next_cursor: null })
})

test('is what the followed have published, newest first, and nothing of others', async () => {
  const { reader, ada, ben, stranger } = await setUp()
  const first = await publish(ada, 1)
  const second = await publish(ben, 2)
  const third = await publish(ada, 3)
  await publish(stranger, 4)
  await publish(reader, 5)

  const { status, body } = await get(reader)

  expect(status).toBe(200)
  expect(body.data.map(({ track }) => track.id)).toEqual([third, second, first])
  expect(body.data[0]).toMatchObject({
    at: minute(3).toISOString(),
    reposted_by: null,
    track: { owner: { id: ada.id, username: ada.username }, title: 'Low Tide', liked: false },
  })
})

test('is what the followed have reposted, at the time of that, with who it was', async () => {
  const { reader, ada, ben, stranger } = await setUp()
  const theirs = await publish(stranger, 1)
  const own = await publish(ben, 2)
  await repost(ada, theirs, 3)

  const { body } = await get(reader)

  expect(body.data).toMatchObject([
    {
      at: minute(3).toISOString(),
      track: { id: theirs },
      reposted_by: { id: ada.id, username: ada.username, display_name: `${ada.username} of Veza` },
    },
    { track: { id: own }, reposted_by: null },
  ])
})

test('names each track once, at its latest, in whatever pages it is read', async () => {
  const { reader, ada, ben, stranger } = await setUp()
  const [twice, own, other] = [await publish(stranger, 1), await publish(ada, 2), await publish(ben, 3)]
  await repost(ada, twice, 4)
  await repost(ben, own, 5)
  await repost(ben, twice, 6)

  const { body } = await get(reader)
  expect(body.data.map(({ track, reposted_by }) => [track.id, reposted_by?.id])).toEqual([
    [twice, ben.id],
    [own, ben.id],
    [other, undefined],
  ])
  for (const limit of [1, 2, 3]) expect(await readAll(reader, limit)).toEqual([twice, own, other])
})

test('names a track once that was reposted before it was published', async () => {
  const { reader, ada, ben } = await setUp()
  const track = await publish(ada, 5)
  await repost(ben, track, 2)
  const older = await publish(ben, 1)

  expect(await readAll(reader, 1)).toEqual([track, older])
})

test('a repost of somebody who is not followed, or is gone, says nothing', async () => {
  const { reader, ada, ben, stranger } = await setUp()
  const track = await publish(stranger, 1)
  await repost(ada, track, 2)
  await repost(stranger, track, 3)
  await repost(ben, track, 4)
  await sql`update users set deletes_at = now() where id = ${ben.id}`

  expect((await get(reader)).body.data).toMatchObject([
    { at: minute(2).toISOString(), reposted_by: { id: ada.id } },
  ])
})

test.each<{
  name: string
  hide: (people: Awaited<ReturnType<typeof setUp>>, track: string) => Promise<unknown>
}>([
  { name: 'private', hide: (_, id) => sql`update tracks set visibility = 'private' where id = ${id}` },
  { name: 'unlisted', hide: (_, id) => sql`update tracks set visibility = 'unlisted' where id = ${id}` },
  { name: 'deleted', hide: (_, id) => sql`update tracks set deleted_at = now() where id = ${id}` },
  {
    name: 'hidden by moderators',
    hide: (_, id) => sql`update tracks set hidden_at = now() where id = ${id}`,
  },
  {
    name: 'by somebody muted',
    hide: ({ reader, ada }) => sql`insert into mutes (muter_id, muted_id) values (${reader.id}, ${ada.id})`,
  },
  {
    name: 'by somebody who has blocked the reader',
    hide: ({ reader, ada }) =>
      sql`insert into blocks (blocker_id, blocked_id) values (${ada.id}, ${reader.id})`,
  },
  {
    name: 'by somebody whom the reader has blocked',
    hide: ({ reader, ada }) =>
      sql`insert into blocks (blocker_id, blocked_id) values (${reader.id}, ${ada.id})`,
  },
  {
    name: 'by somebody whose account is about to be deleted',
    hide: ({ ada }) => sql`update users set deletes_at = now() where id = ${ada.id}`,
  },
  { name: 'no longer followed', hide: ({ ada }) => sql`delete from follows where followed_id = ${ada.id}` },
])('leaves out what is $name', async ({ hide }) => {
  const people = await setUp()
  const { reader, ada, ben } = people
  const hidden = await publish(ada, 2)
  const shown = await publish(ben, 1)

  expect(await tracksOf(reader)).toEqual([hidden, shown])
  await hide(people, hidden)
  expect(await tracksOf(reader)).toEqual([shown])
})

test('leaves out what is reposted of somebody muted, and the reposts of somebody muted', async () => {
  const { reader, ada, ben, stranger } = await setUp()
  const theirs = await publish(stranger, 1)
  const bens = await publish(ben, 1)
  await repost(ada, theirs, 2)
  await repost(ada, bens, 3)
  const mute = (person: Person) =>
    sql`insert into mutes (muter_id, muted_id) values (${reader.id}, ${person.id})`

  await mute(stranger)
  expect(await tracksOf(reader)).toEqual([bens])
  await mute(ada)
  expect((await get(reader)).body.data).toMatchObject([{ track: { id: bens }, reposted_by: null }])
})

test('offers explicit tracks to those who want them', async () => {
  const { reader, ada } = await setUp()
  const explicit = await publish(ada, 2, { is_explicit: true })
  const clean = await publish(ada, 1)

  expect(await tracksOf(reader)).toEqual([explicit, clean])
  await sql`update users set settings = '{"allow_explicit": false}' where id = ${reader.id}`
  expect(await tracksOf(reader)).toEqual([clean])
})

test('fills a page past what is hidden, and gets to the end', async () => {
  const { reader, ada } = await setUp()
  const shown = await publish(ada, 0)
  for (let at = 1; at <= 40; at++) await publish(ada, at, { hidden_at: new Date() })
  const newest = await publish(ada, 41)

  expect(await tracksOf(reader, { limit: 2 })).toEqual([newest, shown])
  expect(await readAll(reader, 1)).toEqual([newest, shown])
}, 30_000)

test('comes in pages that hold everything once, though much was published at one time', async () => {
  const { reader, ada, ben } = await setUp()
  const all: string[] = []
  for (let at = 0; at < 6; at++) all.push(await publish(at % 2 ? ada : ben, 7))
  // To the microsecond, as no clock of ours would have it.
  await sql`update tracks set published_at = published_at + interval '3 microseconds' where id = ${all[0]!}`

  for (const limit of [1, 4]) {
    const seen = await readAll(reader, limit)
    expect(seen[0]).toBe(all[0])
    expect(seen.toSorted()).toEqual(all.toSorted())
  }
})

describe('of who follows many', () => {
  /** So many that what anybody has done of late is looked through first. */
  async function followMany(reader: Person, count: number) {
    await sql`
      with someone as (
        insert into users (username, display_name, email, password_hash)
        select 'x' || substr(md5(${reader.id} || n), 1, 20), 'Somebody', md5(${reader.id} || n) || '@example.test', '-'
        from generate_series(1, ${count}::int) n
        returning id
      )
      insert into follows (follower_id, followed_id) select ${reader.id}, id from someone
    `
  }

  test('is the same', async () => {
    const { reader, ada, ben, stranger } = await setUp()
    await followMany(reader, 600)
    const tracks: string[] = []
    for (let at = 0; at < 45; at++) tracks.push(await publish(at % 3 ? ada : ben, at))
    const theirs = await publish(stranger, 50)
    await repost(ben, theirs, 51)
    await repost(ada, tracks[3]!, 52)

    const expected = [tracks[3], theirs, ...tracks.filter((_, at) => at !== 3).toReversed()]
    expect(await readAll(reader, 10)).toEqual(expected)
    const [recent, each] = await Promise.all(
      (['recent', 'each'] as const).map((by) =>
        listCandidates(sql, reader.id, { before: undefined, limit: 20, by }),
      ),
    )
    expect(recent).toHaveLength(20)
    expect(recent).toEqual(each)
  }, 30_000)

  test('is found further back, where nobody has done anything of late', async () => {
    const { reader, ada, stranger } = await setUp()
    await followMany(reader, 600)
    const old = await publish(ada, -100_000)
    await sql.begin(async (tx) => {
      // What the triggers of search would make of them takes long, and matters to nobody here.
      await tx`set local session_replication_role = replica`
      await tx`
        insert into tracks (owner_id, title, rights_confirmed_at, status, visibility, published_at)
        select ${stranger.id}, 'Noise', now(), 'ready', 'public', ${minute(0)}::timestamptz + n * interval '1 second'
        from generate_series(1, 5100) n
      `
    })

    expect(await readAll(reader, 10)).toEqual([old])
  }, 30_000)
})

test('refuses a cursor of somebody else’s feed, and asks for a user', async () => {
  const { reader, ada, stranger } = await setUp()
  await publish(ada, 1)
  await publish(ada, 2)
  const { body } = await get(reader, { limit: 1 })

  const cursor = body.next_cursor!
  expect(await get(stranger, { cursor })).toMatchObject({ status: 400, problem: { code: 'invalid_request' } })
  expect(await get(reader, { cursor: `${cursor}A` })).toMatchObject({ status: 400 })
  expect(await get(reader, { limit: 101 })).toMatchObject({ status: 422 })
  expect(await request(socialRoutes.listFeed, undefined)).toMatchObject({ status: 401 })
})
