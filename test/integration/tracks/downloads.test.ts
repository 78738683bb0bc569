import { parse } from 'content-disposition'
import { allTrackRoutes as routes } from '../../../functions/tracks/all-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { useDatabase } from '../../support/database.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const now = new Date('2026-11-25T20:00:00.400Z')
const { as, join, createTrack, engage, get } = createStudio(sql, () => now)

const download = (actor: Actor | undefined, track_id: string, query = {}) =>
  as(actor, routes.downloadTrack, { params: { track_id }, query })

/** A track whose file is an original of its own. */
async function setUp(fields: object = {}) {
  const owner = await join()
  const track_id = await createTrack(owner, { visibility: 'public', ...fields })
  const { version_id } = await addVersion(sql, track_id)
  await sql`update track_versions set container = 'wav' where id = ${version_id}`
  return { owner, track_id, version_id }
}

const keyOf = async (version_id: string) => {
  const [row] = await sql<
    [{ object_key: string }]
  >`select object_key from track_versions where id = ${version_id}`
  return row.object_key
}

test('gives the owner a link to the file that plays, for a quarter of an hour, that nobody keeps', async () => {
  const { owner, track_id, version_id } = await setUp()

  const { status, body, headers } = await download(owner, track_id)

  expect(status).toBe(200)
  expect(headers['cache-control']).toBe('no-store')
  expect(body).toEqual({
    url: expect.any(String),
    expires_at: '2026-11-25T20:15:00.000Z',
    version_id,
    filename: expect.stringMatching(/ - Low Tide\.wav$/),
    content_type: 'audio/wav',
    size_bytes: 9,
    sha256: 'ab',
  })
  const url = new URL(body.url)
  expect(url.origin + url.pathname).toBe(`https://media.test/${await keyOf(version_id)}`)
  expect(url.searchParams.get('Expires')).toBe(String(Date.parse(body.expires_at) / 1000))
  expect(url.searchParams.get('Key-Pair-Id')).toBe('KTEST')
  const disposition = parse(url.searchParams.get('response-content-disposition')!)
  expect(disposition).toMatchObject({ type: 'attachment', parameters: { filename: body.filename } })
})

test('names the file by those who are named for it, the title and what is in it, not by its upload', async () => {
  const { owner, track_id, version_id } = await setUp({
    title: 'Löve 💿 / "Live"',
    artists: [
      { name: 'Ada', role: 'main' },
      { name: 'Ben', role: 'remixer' },
    ],
  })
  await sql`update track_versions set container = 'mp4' where id = ${version_id}`

  expect((await download(owner, track_id)).body.filename).toBe(`Ada, Ben - Löve 💿 - 'Live'.m4a`)
})

test('an editor may have it; whoever only sees the track may not, and is told so', async () => {
  const { owner, track_id } = await setUp()
  const people = [
    { actor: await engage(owner, track_id), status: 200 },
    { actor: await engage(owner, track_id, { role: 'commenter' }), status: 403 },
    { actor: await engage(owner, track_id, { role: 'viewer' }), status: 403 },
    { actor: await join(), status: 403 },
  ]

  for (const { actor, status } of people) {
    expect((await download(actor, track_id)).status).toBe(status)
    expect((await get(actor, track_id)).body.access.download).toBe(status === 200)
  }
  expect(await download(people[3]!.actor, track_id)).toMatchObject({ problem: { code: 'forbidden' } })
  expect((await download(undefined, track_id)).status).toBe(401)
})

test.each([
  { name: 'private', change: (id: string) => sql`update tracks set visibility = 'private' where id = ${id}` },
  {
    name: 'hidden by a moderator',
    change: (id: string) => sql`update tracks set hidden_at = now() where id = ${id}`,
  },
  { name: 'deleted', change: (id: string) => sql`update tracks set deleted_at = now() where id = ${id}` },
])('a track that is $name is not found by somebody else', async ({ change }) => {
  const { track_id } = await setUp()
  await change(track_id)

  expect(await download(await join(), track_id)).toMatchObject({
    status: 404,
    problem: { code: 'not_found' },
  })
})

test('a deleted track has no file, for its owner either', async () => {
  const { owner, track_id } = await setUp()
  await as(owner, routes.deleteTrack, { params: { track_id } })

  expect(await download(owner, track_id)).toMatchObject({ status: 404 })
})

test('a track without a file that plays is not ready', async () => {
  const owner = await join()
  const track_id = await createTrack(owner)
  await addVersion(sql, track_id, { status: 'processing' })

  expect(await download(owner, track_id)).toMatchObject({ status: 409, problem: { code: 'track_not_ready' } })
  expect((await get(owner, track_id)).body.access.download).toBe(false)
})

test('another version that is ready can be had by its id', async () => {
  const { owner, track_id, version_id } = await setUp()
  const next = await addVersion(sql, track_id)

  expect((await download(owner, track_id)).body.version_id).toBe(next.version_id)
  expect((await download(owner, track_id, { version_id })).body.version_id).toBe(version_id)
  expect((await download(await join(), track_id, { version_id })).status).toBe(403)
})

test.each(['scanning', 'processing', 'transcoding', 'rejected', 'failed'])(
  'a version that is %s cannot be had',
  async (status) => {
    const { owner, track_id } = await setUp()
    const { version_id } = await addVersion(sql, track_id, { status })

    expect(await download(owner, track_id, { version_id })).toMatchObject({
      status: 409,
      problem: { code: 'track_not_ready', detail: `The version is ${status}` },
    })
  },
)

test.each([
  {
    name: 'given up',
    change: (id: string) => sql`update track_versions set removed_at = now() where id = ${id}`,
  },
  {
    name: 'withdrawn',
    change: (id: string) => sql`update track_versions set withdrawn_at = now() where id = ${id}`,
  },
])('a version that was $name cannot be had, by its id or as the one that plays', async ({ change }) => {
  const { owner, track_id, version_id } = await setUp()
  await change(version_id)

  expect((await download(owner, track_id, { version_id })).status).toBe(409)
  expect((await download(owner, track_id)).status).toBe(409)
  expect((await get(owner, track_id)).body.access.download).toBe(false)
})

test('a version of another track is not found, nor is one that there never was', async () => {
  const { owner, track_id } = await setUp()
  const other = await setUp()

  for (const version_id of [other.version_id, '0199f0f0-0000-7000-8000-000000000001']) {
    expect(await download(owner, track_id, { version_id })).toMatchObject({
      status: 404,
      problem: { code: 'not_found' },
    })
  }
})

test.each([{ version_id: 'x' }, { version: '1' }, { version_id: '\u0000' }])(
  '%j is not a version',
  async (query) => {
    const { owner, track_id } = await setUp()
    expect((await download(owner, track_id, query)).status).toBe(422)
  },
)
