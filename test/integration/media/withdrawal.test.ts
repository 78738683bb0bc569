import { randomUUID } from 'node:crypto'
import { allTrackRoutes as routes } from '../../../functions/tracks/all-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createMailService } from '../../../lib/mail/service.ts'
import { createCallbackService } from '../../../lib/media/streams/callback-service.ts'
import { keepWithdrawn, reinstateVersion, withdrawVersion } from '../../../lib/media/withdrawal/withdrawal.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { appUrl, createPost } from '../../support/post.ts'
import { addVersion, createStudio, type SeededVersion } from '../../support/studio.ts'
import { createBuckets } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const { as, join, createTrack, engage, get } = createStudio(sql)
const { media } = createBuckets()
const origin = { ip: '', userAgent: '', requestId: 'rescan' }
const notFound = { status: 404, problem: { code: 'not_found' } }

const finding = (version_id: string) => ({
  version_id,
  signature: 'Win.Test.Thing-1',
  definitions_version: 'set-2',
})
const withdraw = (track_id: string, { version_id }: SeededVersion, on = sql) =>
  on.begin((tx) => withdrawVersion(tx, track_id, finding(version_id), origin, new Date()))
const reinstate = (track_id: string, { version_id }: SeededVersion, on = sql) =>
  on.begin((tx) =>
    reinstateVersion(tx, track_id, { version_id, definitions_version: 'set-3' }, origin, new Date()),
  )
const askFor = ({ version_id }: SeededVersion, moderator: Actor) =>
  sql`update track_versions set reinstate_asked_by = ${moderator.id} where id = ${version_id}`
const activate = (actor: Actor, track_id: string, { version_id }: SeededVersion, studio = { as }) =>
  studio.as(actor, routes.activateVersion, { params: { track_id, version_id } })
const read = async (actor: Actor, track_id: string, { version_id }: SeededVersion) =>
  (await as(actor, routes.getVersion, { params: { track_id, version_id } })).body
const reportReady = (track_id: string, { version_id, job_id }: SeededVersion, on = sql) =>
  createCallbackService({ sql: on, media }).ready(track_id, {
    version_id,
    job_id,
    manifest_key: 'next.m3u8',
    renditions: [],
  })
const trail = (version_id: string) => sql<{ action: string; outcome: string }[]>`
  select action, outcome from audit_events where target = ${`version:${version_id}`} order by at, id
`
const told = (track_id: string, kind: string) => sql<{ to: string }[]>`
  select payload->>'recipient_id' as to from outbox
  where payload->>'kind' = ${kind} and payload->>'track_id' = ${track_id}
`

async function setUp() {
  const owner = await join()
  const track_id = await createTrack(owner, { visibility: 'public', title: 'Low Tide' })
  const first = await addVersion(sql, track_id)
  const second = await addVersion(sql, track_id)
  return { owner, track_id, first, second }
}

describe('a version in which something was found', () => {
  test('plays no more: the track is gone for others and rejected for its owner', async () => {
    const { owner, track_id, second } = await setUp()
    expect((await get(undefined, track_id)).body).toMatchObject({ status: 'ready' })

    expect(await withdraw(track_id, second)).toBe(true)

    expect(await get(undefined, track_id)).toMatchObject(notFound)
    expect((await get(owner, track_id)).body).toMatchObject({
      status: 'rejected',
      status_reason: 'infected',
      version: null,
      access: { stream: false, download: false },
    })
    const stream = await as(owner, routes.streamTrack, { params: { track_id } })
    expect(stream).toMatchObject({ status: 409, problem: { code: 'track_not_ready' } })
  })

  test('shows among the versions with its state, cannot be chosen, and leaves the choice of the others', async () => {
    const { owner, track_id, first, second } = await setUp()
    await withdraw(track_id, second)

    expect(await read(owner, track_id, second)).toMatchObject({
      status: 'withdrawn',
      status_reason: 'infected',
      is_current: false,
      withdrawn_at: expect.any(String),
    })
    expect(await activate(owner, track_id, second)).toMatchObject({
      status: 409,
      problem: { code: 'version_withdrawn' },
    })
    expect((await activate(owner, track_id, first)).body).toMatchObject({
      status: 'ready',
      version: { number: 1 },
    })
  })

  test('is given to no server of ours, and takes no word of one', async () => {
    const { track_id, second } = await setUp()
    await withdraw(track_id, second)

    const { source } = createCallbackService({ sql, media })
    await expect(source(track_id, second.version_id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(reportReady(track_id, second)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('leaves the track alone that plays another one', async () => {
    const { owner, track_id, first, second } = await setUp()
    await activate(owner, track_id, first)

    await withdraw(track_id, second)

    expect((await get(undefined, track_id)).body).toMatchObject({ status: 'ready', version: { number: 1 } })
  })

  test('of an older upload that was tried again shows on a track that never played, and so does its return', async () => {
    const owner = await join()
    const track_id = await createTrack(owner, { visibility: 'public' })
    const older = await addVersion(sql, track_id)
    await sql`update track_versions set ready_at = null where id = ${older.version_id}`
    await sql`
      update tracks set current_version_id = null, status = 'rejected', status_reason = 'unsupported_media'
      where id = ${track_id}
    `
    await sql`
      update uploads set status = 'rejected', status_reason = 'unsupported_media' where track_id = ${track_id}
    `
    await sql`
      insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, expires_at, status, status_reason)
      values (${track_id}, ${owner.id}, 'b.wav', 'audio/wav', 9, ${`uploads/${track_id}/b`}, now(), 'failed', 'upload_expired')
    `
    const shown = async () => (await get(owner, track_id)).body

    await withdraw(track_id, older)
    expect(await shown()).toMatchObject({ status: 'rejected', status_reason: 'infected' })

    await askFor(older, await join())
    await reinstate(track_id, older)
    expect(await shown()).toMatchObject({ status: 'failed', status_reason: 'stream_failed' })
  })

  test('is told to the owner, the team and the uploader once, by mail to the first and the last', async () => {
    const { owner, track_id } = await setUp()
    const viewer = await engage(owner, track_id, { role: 'viewer' })
    const stranger = await join()
    const version = await addVersion(sql, track_id, { created_by: stranger.id })

    await withdraw(track_id, version)
    expect(await withdraw(track_id, version)).toBe(false)

    const everybody = [owner.id, viewer.id, stranger.id].sort()
    expect((await told(track_id, 'version_withdrawn')).map(({ to }) => to).sort()).toEqual(everybody)
    const mails = await sql<{ payload: { user_id: string; version_id: string } }[]>`
      select payload from outbox
      where type = 'mail.version_withdrawn' and payload->>'version_id' = ${version.version_id}
    `
    expect(mails.map(({ payload }) => payload.user_id).sort()).toEqual([owner.id, stranger.id].sort())
    expect(await trail(version.version_id)).toEqual([{ action: 'version.withdrawn', outcome: 'success' }])
  })

  test('is named in the mail, which is not sent any more once it is back', async () => {
    const { owner, track_id, second } = await setUp()
    await withdraw(track_id, second)
    const { sent, post } = createPost(sql)
    const mail = createMailService({ sql, post, appUrl })

    await mail.sendVersionWithdrawn(owner.id, second.version_id)
    expect(sent).toHaveLength(1)
    for (const fact of ['Low Tide', 'a.wav', 'Win.Test.Thing-1']) expect(sent[0]!.text).toContain(fact)

    await askFor(second, await join())
    await reinstate(track_id, second)
    await mail.sendVersionWithdrawn(owner.id, second.version_id)
    expect(sent).toHaveLength(1)
  })
})

describe('what happens at the same time', () => {
  test('an activation is either refused or undone: the version plays at no time after', async () => {
    const [one, other] = await openConnections(2)
    for (let round = 0; round < 8; round++) {
      const { owner, track_id, first, second } = await setUp()
      await activate(owner, track_id, first)
      const studio = createStudio(one!)
      const [activation] = await Promise.all([
        activate(owner, track_id, second, studio),
        withdraw(track_id, second, other),
      ])
      expect([200, 409]).toContain(activation.status)
      const { status, version } = (await get(owner, track_id)).body
      // Chosen first and withdrawn then, or refused and the other one goes on.
      expect({ status, number: version?.number }).toEqual(
        activation.status === 200
          ? { status: 'rejected', number: undefined }
          : { status: 'ready', number: 1 },
      )
    }
  })

  test('two workers that find it withdraw it once', async () => {
    const { track_id, second } = await setUp()
    const connections = await openConnections(3)

    const results = await Promise.all(connections.map((on) => withdraw(track_id, second, on)))

    expect(results.filter(Boolean)).toHaveLength(1)
    expect(await trail(second.version_id)).toHaveLength(1)
  })

  test('a job that ends meanwhile does not bring it back', async () => {
    const [one, other] = await openConnections(2)
    for (let round = 0; round < 8; round++) {
      const { owner, track_id } = await setUp()
      const next = await addVersion(sql, track_id, { status: 'transcoding' })
      await Promise.allSettled([reportReady(track_id, next, one), withdraw(track_id, next, other)])
      expect(await read(owner, track_id, next)).toMatchObject({ status: 'withdrawn', is_current: false })
      const { version } = (await get(owner, track_id)).body
      expect(version?.id).not.toBe(next.version_id)
    }
  })

  test('a new upload on its way plays when it is ready, also where another version had been chosen', async () => {
    const { owner, track_id, first } = await setUp()
    const next = await addVersion(sql, track_id, { status: 'transcoding' })
    await activate(owner, track_id, first)

    await withdraw(track_id, first)
    expect((await get(owner, track_id)).body).toMatchObject({ status: 'rejected', version: null })
    expect(await reportReady(track_id, next)).toBe('accepted')

    expect((await get(undefined, track_id)).body).toMatchObject({ status: 'ready', version: { number: 3 } })
  })

  test('a newer version that was withdrawn holds up no older one that becomes ready', async () => {
    const owner = await join()
    const track_id = await createTrack(owner, { visibility: 'public' })
    const older = await addVersion(sql, track_id, { status: 'transcoding' })
    await sql`update uploads set status = 'failed' where id = ${older.upload_id}`
    const newer = await addVersion(sql, track_id)
    await withdraw(track_id, newer)
    await sql`update uploads set status = 'transcoding' where id = ${older.upload_id}`

    expect(await reportReady(track_id, older)).toBe('accepted')

    expect((await get(undefined, track_id)).body).toMatchObject({ version: { number: 1 } })
  })

  test('a track in the bin is withdrawn all the same, and a version that is gone is nothing', async () => {
    const { owner, track_id, second } = await setUp()
    await as(owner, routes.deleteTrack, { params: { track_id } })

    expect(await withdraw(track_id, second)).toBe(true)
    const gone = { version_id: randomUUID(), upload_id: '', job_id: '' }
    expect(await withdraw(track_id, gone)).toBe(false)

    await as(owner, routes.restoreTrack, { params: { track_id } })
    expect((await get(owner, track_id)).body).toMatchObject({ status: 'rejected', version: null })
  })
})

describe('a finding that was wrong', () => {
  test('is lifted where a moderator asked: it plays again, and those are told who were told before', async () => {
    const { owner, track_id, second } = await setUp()
    const moderator = await join()
    await withdraw(track_id, second)
    expect(await reinstate(track_id, second)).toBe(false)

    await askFor(second, moderator)
    expect(await reinstate(track_id, second)).toBe(true)
    expect(await reinstate(track_id, second)).toBe(false)

    expect((await get(undefined, track_id)).body).toMatchObject({ status: 'ready', version: { number: 2 } })
    expect(await read(owner, track_id, second)).toMatchObject({ status: 'ready', withdrawn_at: null })
    expect((await told(track_id, 'version_reinstated')).map(({ to }) => to)).toEqual([owner.id])
    expect((await trail(second.version_id)).map(({ action }) => action)).toEqual([
      'version.withdrawn',
      'version.reinstated',
    ])
  })

  test('does not take the place of what plays by now', async () => {
    const { owner, track_id, first, second } = await setUp()
    await withdraw(track_id, second)
    await activate(owner, track_id, first)
    await askFor(second, await join())

    await reinstate(track_id, second)

    expect((await get(undefined, track_id)).body).toMatchObject({ version: { number: 1 } })
    expect((await activate(owner, track_id, second)).status).toBe(200)
  })

  test('lets what had not been finished be tried again', async () => {
    const { owner, track_id } = await setUp()
    const next = await addVersion(sql, track_id, { status: 'transcoding' })
    await withdraw(track_id, next)
    await askFor(next, await join())

    await reinstate(track_id, next)

    expect(await read(owner, track_id, next)).toMatchObject({
      status: 'failed',
      status_reason: 'stream_failed',
    })
  })

  test('leaves a track that never played with what can be done about it', async () => {
    const owner = await join()
    const track_id = await createTrack(owner)
    const only = await addVersion(sql, track_id, { status: 'transcoding' })
    await withdraw(track_id, only)
    expect((await get(owner, track_id)).body).toMatchObject({ status: 'rejected', status_reason: 'infected' })
    await askFor(only, await join())

    await reinstate(track_id, only)

    expect((await get(owner, track_id)).body).toMatchObject({
      status: 'failed',
      status_reason: 'stream_failed',
    })
  })

  test('that is found once more stays, which stands in the trail', async () => {
    const { owner, track_id, second } = await setUp()
    await withdraw(track_id, second)
    await askFor(second, await join())

    const again = finding(second.version_id)
    await sql.begin((tx) => keepWithdrawn(tx, track_id, again, origin, new Date()))

    expect(await read(owner, track_id, second)).toMatchObject({ status: 'withdrawn' })
    expect(await reinstate(track_id, second)).toBe(false)
    expect((await trail(second.version_id)).at(-1)).toEqual({
      action: 'version.reinstated',
      outcome: 'failure',
    })
  })
})
