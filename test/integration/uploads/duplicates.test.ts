import { adminRoutes } from '../../../functions/admin/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { connect, type Sql } from '../../../lib/db/client.ts'
import { createTrackIntake } from '../../../lib/media/scan/track-intake.ts'
import { createSameFileReports } from '../../../lib/moderation/same-file.ts'
import { useDatabase } from '../../support/database.ts'
import { createModerationApi } from '../../support/moderation.ts'
import { seedActor } from '../../support/tracks.ts'
import { createUploading } from '../../support/uploading.ts'

const { sql, settings } = useDatabase()
const { act, createTrack, now } = createUploading(sql, settings)
const moderate = createModerationApi(sql, now)
const report = createSameFileReports({ sql, now })

let count = 0
const newHash = () => {
  count += 1
  return count.toString(16).padStart(64, '0')
}

let ada: Actor
let ben: Actor
let sha256: string
beforeEach(async () => {
  ada = await seedActor(sql)
  ben = await seedActor(sql)
  sha256 = newHash()
})

const request = (actor: Actor, track_id: string, body: object = {}) =>
  act(
    'requestUpload',
    actor,
    { track_id },
    { filename: 'a.wav', content_type: 'audio/wav', size_bytes: 9, ...body },
  )

/** As the scanner records what it found. */
async function scan(track_id: string, upload_id: string, db: Sql = sql) {
  await sql`update uploads set status = 'scanning' where id = ${upload_id}`
  const intake = createTrackIntake({ sql: db })
  const file = await intake.find(`uploads/${track_id}/${upload_id}`)
  await intake.record(file!, { to: 'processing', sha256, definitions_version: 'first' }, now())
  await sql`update uploads set status = 'ready' where id = ${upload_id}`
}

async function upload(actor: Actor, body: object = {}) {
  const track_id = await createTrack(actor)
  const { body: grant } = await request(actor, track_id, body)
  await scan(track_id, grant.upload_id)
  return { track_id, upload_id: grant.upload_id }
}

const duplicateOf = (...track_ids: string[]) => ({
  status: 409,
  problem: { code: 'duplicate_file', track_ids },
})

describe('a declared file that its owner has already', () => {
  test('is refused with the tracks that have it, this one or others', async () => {
    const first = await upload(ada)
    const second = await upload(ada)
    const third = await createTrack(ada)
    const both = [first.track_id, second.track_id]
    expect(await request(ada, third, { sha256 })).toMatchObject(duplicateOf(...both))
    expect(await request(ada, first.track_id, { sha256: sha256.toUpperCase() })).toMatchObject(
      duplicateOf(...both),
    )
  })

  test('is taken where that is meant', async () => {
    await upload(ada)
    const body = { sha256, allow_duplicate: true }
    expect(await request(ada, await createTrack(ada), body)).toMatchObject({ status: 201 })
  })

  test.each([
    {
      name: 'its track was deleted',
      change: (id: string) => sql`update tracks set deleted_at = now() where id = ${id}`,
    },
    {
      name: 'the version was removed',
      change: (id: string) => sql`update track_versions set removed_at = now() where track_id = ${id}`,
    },
    {
      name: 'the version was withdrawn',
      change: (id: string) => sql`update track_versions set withdrawn_at = now() where track_id = ${id}`,
    },
  ])('is taken where $name', async ({ change }) => {
    const { track_id } = await upload(ada)
    await change(track_id)
    expect(await request(ada, await createTrack(ada), { sha256 })).toMatchObject({ status: 201 })
  })

  test('is refused to an editor, who learns of no track that is not theirs to change', async () => {
    const editor = await seedActor(sql)
    await upload(ada)
    const shared = await createTrack(ada)
    await sql`
      insert into track_collaborators (track_id, user_id, role, status, accepted_at)
      values (${shared}, ${editor.id}, 'editor', 'accepted', now())
    `
    const body = { sha256, rights_confirmed: true }
    expect(await request(editor, shared, body)).toMatchObject({ status: 201 })
  })
})

test('a file that only the scan knows to be there twice is taken, and names its twins', async () => {
  const first = await upload(ada)
  const second = await upload(ada)
  expect((await act('getUpload', ada, second)).body.duplicate_of).toEqual([first.track_id])
  expect((await act('getUpload', ada, first)).body.duplicate_of).toEqual([second.track_id])
  sha256 = newHash()
  expect((await act('getUpload', ada, await upload(ada))).body.duplicate_of).toEqual([])
})

describe('a file that somebody else has', () => {
  const asked = async () => {
    const rows = await sql<{ version_id: string }[]>`
      select payload->>'version_id' as version_id from outbox where type = 'moderation.same_file' order by id
    `
    return rows.map(({ version_id }) => version_id)
  }
  const casesOf = async (trackId: string) => {
    const moderator = { ...(await seedActor(sql)), role: 'moderator' as const }
    const { body } = await moderate(adminRoutes.listReports, moderator, { query: { limit: '100' } })
    const [found] = body.data.filter(({ subject }: { subject: { id: string } }) => subject.id === trackId)
    if (!found) return undefined
    const entries = await moderate(adminRoutes.listReportEntries, moderator, {
      params: { report_id: found.id },
      query: {},
    })
    return { ...found, entries: entries.body.data }
  }
  beforeEach(() => sql`delete from outbox`)

  test('is granted and scanned as any other: its uploader is told nothing', async () => {
    await upload(ben)
    const track_id = await createTrack(ada)
    const { status, body } = await request(ada, track_id, { sha256 })
    await scan(track_id, body.upload_id)
    expect(status).toBe(201)
    expect((await act('getUpload', ada, { track_id, upload_id: body.upload_id })).body).toMatchObject({
      status: 'ready',
      duplicate_of: [],
    })
  })

  test('comes before moderators, once', async () => {
    const theirs = await upload(ben)
    const mine = await upload(ada)
    const [versionId, ...others] = await asked()
    expect(others).toEqual([])
    await report(versionId!)
    await report(versionId!)

    expect(await casesOf(theirs.track_id)).toBeUndefined()
    expect(await casesOf(mine.track_id)).toMatchObject({
      subject: { kind: 'track', id: mine.track_id },
      user: { id: ada.id },
      report_count: 1,
      reasons: [{ reason: 'copyright', count: 1 }],
      entries: [
        { reporter: null, evidence: `sha256:${sha256}`, note: expect.stringContaining(theirs.track_id) },
      ],
    })
  })

  test('does not come before them where it is only its owner that has it twice', async () => {
    await upload(ada)
    await upload(ada)
    expect(await asked()).toEqual([])
  })

  test('does not where the other track is gone by the time anybody looks', async () => {
    const theirs = await upload(ben)
    const mine = await upload(ada)
    await sql`update tracks set deleted_at = now() where id = ${theirs.track_id}`
    for (const id of await asked()) await report(id)
    expect(await casesOf(mine.track_id)).toBeUndefined()
  })

  test('comes before them though both are scanned at the same time', async () => {
    for (let round = 0; round < 5; round += 1) {
      sha256 = newHash()
      await sql`delete from outbox`
      const uploads = await Promise.all(
        [ada, ben].map(async (actor) => {
          const track_id = await createTrack(actor)
          const { body } = await request(actor, track_id)
          return { track_id, upload_id: body.upload_id, db: connect(settings) }
        }),
      )
      await Promise.all(uploads.map(({ track_id, upload_id, db }) => scan(track_id, upload_id, db)))
      await Promise.all(uploads.map(({ db }) => db.end()))
      expect(await asked()).toHaveLength(1)
    }
  })
})
