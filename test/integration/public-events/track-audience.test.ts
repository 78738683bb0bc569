import type { Actor } from '../../../lib/auth/actor.ts'
import { purgeDueTracks } from '../../../lib/tracks/purge.ts'
import { tellingsOf } from '../../support/content-events.ts'
import { useDatabase } from '../../support/database.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const { join, createTrack, engage, invite, remove } = createStudio(sql)

/** A private track that plays its second version, and everybody who has or had to do with it. */
async function setUp() {
  const owner = await join()
  const track_id = await createTrack(owner)
  const [first, second] = [await addVersion(sql, track_id), await addVersion(sql, track_id)]
  const editor = await engage(owner, track_id)
  const viewer = await engage(owner, track_id, { role: 'viewer' })
  const [invited, former] = [await join(), await engage(owner, track_id)]
  await invite(owner, track_id, invited)
  await remove(owner, track_id, former)
  return { owner, track_id, first, second, editor, viewer }
}

const idsOf = (...people: Actor[]) => people.map(({ id }) => id).toSorted()
const told = async (...[type, payload]: [Parameters<typeof tellingsOf>[1], object]) => {
  const tellings = await tellingsOf(sql, type, payload)
  return { accounts: [...tellings.keys()].toSorted(), data: [...tellings.values()][0] }
}
const nobody = { accounts: [], data: undefined }

describe('track.created', () => {
  test('is told to the owner, without what only stands beside the track', async () => {
    const owner = await join()
    const track_id = await createTrack(owner, { lyrics: 'The sea', description: 'Of the sea' })
    const { accounts, data } = await told('track.created', { track_id })
    expect(accounts).toEqual([owner.id])
    expect(data).toEqual({
      track: {
        id: track_id,
        owner: { id: owner.id, username: expect.any(String), display_name: expect.any(String) },
        title: 'Low Tide',
        genre: null,
        isrc: null,
        is_explicit: false,
        visibility: 'private',
        release_at: null,
        status: 'draft',
        status_reason: null,
        version: null,
        duration_ms: null,
        published_at: null,
        created_at: expect.stringMatching(/Z$/),
        updated_at: expect.stringMatching(/Z$/),
      },
    })
  })

  test('is told to nobody once the track is deleted', async () => {
    const track_id = await createTrack(await join())
    await sql`update tracks set deleted_at = now(), purges_at = now() where id = ${track_id}`
    expect(await told('track.created', { track_id })).toEqual(nobody)
  })
})

describe('track.ready', () => {
  test('is told to the owner and the editors, who see every version', async () => {
    const { owner, track_id, first, second, editor } = await setUp()
    const playing = await told('track.ready', { track_id, version_id: second.version_id })
    expect(playing.accounts).toEqual(idsOf(owner, editor))
    expect(playing.data).toMatchObject({
      track: { id: track_id, status: 'ready', version: { id: second.version_id, number: 2 } },
      version: { id: second.version_id, number: 2, is_current: true, ready_at: expect.any(String) },
    })
    const other = await told('track.ready', { track_id, version_id: first.version_id })
    expect(other.data).toMatchObject({ version: { number: 1, is_current: false } })
  })

  test.each(['withdrawn_at', 'removed_at'])(
    'is told to nobody where its file is gone by %s',
    async (column) => {
      const { track_id, first } = await setUp()
      await sql`update track_versions set ${sql(column)} = now() where id = ${first.version_id}`
      expect(await told('track.ready', { track_id, version_id: first.version_id })).toEqual(nobody)
    },
  )
})

describe('track.version_published', () => {
  test('is told to all who work on the track', async () => {
    const { owner, track_id, second, editor, viewer } = await setUp()
    const { accounts } = await told('track.version_published', { track_id, version_id: second.version_id })
    expect(accounts).toEqual(idsOf(owner, editor, viewer))
  })

  test('is told to nobody where another one plays by now', async () => {
    const { track_id, first } = await setUp()
    expect(await told('track.version_published', { track_id, version_id: first.version_id })).toEqual(nobody)
  })
})

describe('track.rejected', () => {
  test('is told with the file and the reason to those who see uploads', async () => {
    const { owner, track_id, first, editor } = await setUp()
    const { upload_id } = first
    await sql`update uploads set status = 'rejected', status_reason = 'truncated' where id = ${upload_id}`
    const { accounts, data } = await told('track.rejected', { track_id, upload_id })
    expect(accounts).toEqual(idsOf(owner, editor))
    expect(data).toEqual({
      track: expect.objectContaining({ id: track_id, status: 'ready' }),
      upload: {
        id: upload_id,
        filename: 'a.wav',
        content_type: 'audio/wav',
        size_bytes: 9,
        label: null,
        status_reason: 'truncated',
        status_detail: expect.stringMatching(/ends too early/),
        created_at: expect.any(String),
        updated_at: expect.any(String),
      },
    })
  })

  test('is told to nobody where the file was let in again', async () => {
    const { track_id, first } = await setUp()
    expect(await told('track.rejected', { track_id, upload_id: first.upload_id })).toEqual(nobody)
  })
})

describe('upload.infected', () => {
  test('is told to the owner, the editors and whoever uploaded it, though they have left', async () => {
    const { owner, track_id, editor } = await setUp()
    const left = await join()
    const { upload_id } = await addVersion(sql, track_id, { status: 'rejected', created_by: left.id })
    expect(await told('upload.infected', { upload_id })).toEqual(nobody)
    await sql`update uploads set status_reason = 'infected' where id = ${upload_id}`
    const { accounts, data } = await told('upload.infected', { upload_id })
    expect(accounts).toEqual(idsOf(owner, editor, left))
    expect(data).toEqual({
      upload: expect.objectContaining({
        id: upload_id,
        kind: 'track',
        subject_id: track_id,
        filename: 'a.wav',
      }),
    })
  })

  test('of a picture is told to whoever sent it', async () => {
    const [sender, track_id] = [await join(), await createTrack(await join())]
    const [row] = await sql<[{ id: string }]>`
      insert into image_uploads (
        kind, subject_id, created_by, filename, content_type, size_bytes, object_key, original_key, status,
        status_reason, expires_at, created_at, updated_at
      ) values (
        'artwork', ${track_id}, ${sender.id}, 'a.png', 'image/png', 9, 'uploads/images/1', 'originals/images/1',
        'rejected', 'infected', now(), now(), now()
      )
      returning id
    `
    const { accounts, data } = await told('upload.infected', { upload_id: row.id })
    expect(accounts).toEqual([sender.id])
    expect(data).toMatchObject({ upload: { kind: 'artwork', subject_id: track_id } })
  })
})

describe('track.deleted', () => {
  test('is told to those whom it names, with the time until it can be restored', async () => {
    const { owner, track_id, viewer } = await setUp()
    const payload = { track_id, account_ids: [owner.id, viewer.id] }
    const purges_at = new Date('2027-01-01T00:00:00.000Z')
    await sql`update tracks set deleted_at = now(), purges_at = ${purges_at} where id = ${track_id}`
    const { accounts, data } = await told('track.deleted', payload)
    expect(accounts).toEqual(idsOf(owner, viewer))
    expect(data).toEqual({
      track: { id: track_id, deleted_at: expect.stringMatching(/Z$/), purges_at: purges_at.toISOString() },
    })
  })

  test('is told too once nothing is left of it, and to nobody once it is back', async () => {
    const owner = await join()
    const [purged, restored] = [await createTrack(owner), await createTrack(owner)]
    await sql`update tracks set deleted_at = now(), purges_at = now() where id = ${purged}`
    while ((await purgeDueTracks(sql, new Date(Date.now() + 60_000))) > 0);
    const account_ids = [owner.id]
    const { data } = await told('track.deleted', { track_id: purged, account_ids })
    expect(data).toEqual({ track: { id: purged, deleted_at: null, purges_at: null } })
    expect(await told('track.deleted', { track_id: restored, account_ids })).toEqual(nobody)
  })
})
