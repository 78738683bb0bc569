import { randomUUID } from 'node:crypto'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expectStatus, putFile, until } from '../../infra/local/client.ts'
import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import { connect, type Sql } from '../../lib/db/client.ts'
import { requestMp3s } from '../../lib/license-files/mp3-requests.ts'
import { signPlayToken } from '../../lib/plays/play-token.ts'
import { createTasks, type TaskDependencies } from '../../lib/schedule/tasks.ts'
import { eicar, makeAudio } from '../support/audio.ts'
import { chunk, id3, pictureFrame, withChunk } from '../support/corpus/build.ts'
import { leaveUploadsHalfDone } from '../support/half-done-uploads.ts'
import { learn, uploadMarked } from '../support/late-findings.ts'
import { sellLicense } from '../support/licenses.ts'
import { makePicture } from '../support/pictures.ts'
import { control, newClient, sdkSettings } from '../support/platform.ts'
import { startReceiver, stopReceivers } from '../support/receivers.ts'
import { rotateSecret } from '../support/rotation.ts'
import { sellAndPayOut } from '../support/selling.ts'
import { settingsOf } from '../support/server.ts'
import { signerOf } from '../support/world.ts'

/**
 * Least privilege, proven both ways: the platform decides every call by the policies of the template, so a
 * missing grant fails some test here; and after all that the functions do, no grant of theirs is left unused.
 */
const client = await newClient()
const { platform } = client
const strangeKeys = parseKeyRing(JSON.stringify({ kid: 'strange', key: 's'.repeat(64) }))
const nobodysPlay = {
  track_id: randomUUID(),
  version_id: randomUUID(),
  user_id: undefined,
  session_id: randomUUID(),
  visitor: undefined,
  share_id: undefined,
}
const schedules = ['outbox-relay', ...Object.keys(createTasks({} as TaskDependencies))]

afterAll(stopReceivers)

interface Grant {
  readonly action: string
  readonly resource: string
}
interface Use extends Grant {
  readonly allowed: number
  readonly refused: number
}
type Call = Use & { readonly function: string }
type Usage = Record<string, { unused: Grant[]; used: Use[] }>

/** Grants that are of no use here, and why. */
const idleHere = [
  // Locally the database's password is in PGPASSWORD, so nothing has to be read.
  { function: 'migrate', action: 'secretsmanager:GetSecretValue', resource: '' },
  // It goes on with the next hundred transactions of a day, of which there are not so many here.
  { function: 'stripe-worker', action: 'sqs:SendMessage', resource: '-stripe' },
]

async function ofFunctions<T extends Grant>(pick: (usage: Usage[string]) => T[]) {
  const usage = Object.entries((await control('iam')) as Usage)
  return usage
    .filter(([name]) => name.startsWith('veza-local-'))
    .flatMap(([name, of]) =>
      pick(of).map((grant) => ({ function: name.replace('veza-local-', ''), ...grant })),
    )
}

async function unusedGrants() {
  const unused = await ofFunctions((usage) => usage.unused)
  return unused.filter(
    (grant) =>
      !idleHere.some(
        (known) =>
          known.function === grant.function &&
          known.action === grant.action &&
          grant.resource.endsWith(known.resource),
      ),
  )
}

test('no function has a grant that it does not use', async () => {
  const person = await client.join()
  const body = { refresh_token: person.refresh_token }
  expectStatus(200, await client.request('POST', '/api/v1/auth/refresh', { body }))
  expectStatus(200, await client.request('GET', '/readyz'))
  const cover = chunk('id3 ', id3(pictureFrame(await makePicture('png'))))
  await upload(person.token, withChunk(await makeAudio('wav'), cover), 'ready')
  await upload(person.token, eicar(await makeAudio('wav')), 'rejected')
  expectStatus(200, await client.request('GET', '/api/v1/users/me', { token: person.token }))
  expectStatus(200, await client.request('POST', '/api/v1/chat/token', { token: person.token }))
  const own = `/api/v1/users/${person.username}/tracks`
  expectStatus(200, await client.request('GET', own, { token: person.token }))
  await inviteSomebody(person.token)
  await followAPlaylist(person.token)
  await expireAnExport(person.token)
  await exportManyFigures(person)
  await reportAPlay()
  await reportAView()
  await purgeATrack(person.token)
  await downloadALicense(person)
  const late = await uploadMarked(client, person.token)
  await learn(late.marker)
  await readAnOldOriginal(person.token)
  await copyAgain(person.token)
  await retryUploads(person.token)
  await forgetAnAvatar(person.token)
  await leaveUploadsHalfDone(client, person.token, await makeAudio('wav'))
  await sellSomething()
  await sendWebhooks(person.token)
  await Promise.all((['JwtSecret', 'FieldSecret', 'WebhookSecret'] as const).map(rotateSecret))
  for (const queue of [
    'scan',
    'metadata',
    'analysis',
    'events',
    'stripe',
    'webhooks',
    'webhook-results',
    'analytics',
  ])
    await sendPoison(platform.aws.queues[queue]!)

  const { token } = await client.admin()
  const culprit = `/api/v1/admin/users/${person.user.id}/suspend`
  const suspend = () => client.request('POST', culprit, { token, body: { reason: 'Spam' } })
  const left = await until(
    'every grant to be used',
    async () => {
      expectStatus(204, await suspend())
      // After it, for a function that writes sends whatever waits.
      await leaveAnEventBehind()
      for (const name of schedules) await control(`schedules/${name}/run`, {})
      return (await unusedGrants()).length === 0 ? [] : undefined
    },
    30_000,
  ).catch(unusedGrants)
  expect(left).toEqual([])
}, 240_000)

/**
 * Refusals that are meant. S3 tells only who may list a bucket that nothing was published yet; the others take its
 * refusal for the same. And the bucket denies links to an original in which something was found after they were made.
 */
const isAskedInVain = ({ function: name, action, resource, allowed }: Call) =>
  (action === 's3:ListBucket' && resource.includes('definitionsbucket')) ||
  (name === 'internal' && action === 's3:GetObjectVersion' && resource.includes('/originals/') && allowed > 0)

// The statement to add stands in the platform's log.
test('no function was refused a call', async () => {
  const calls = await ofFunctions(({ used }) => used)
  const refused = calls.filter((call) => call.refused > 0 && !isAskedInVain(call))
  expect(refused).toEqual([])
})

test('every function of the template has been called', async () => {
  const functions = (await control('functions')) as Record<string, { calls: number }>
  const idle = Object.entries(functions).filter(([, { calls }]) => calls === 0)
  expect(idle).toEqual([])
  expect(Object.keys(functions).length).toBeGreaterThanOrEqual(17)
})

async function upload(token: string, bytes: Buffer, end: string): Promise<string> {
  const track = await client.createTrack(token)
  const grant = await client.requestUpload(token, track.id, {
    name: 'a.wav',
    content_type: 'audio/wav',
    bytes,
  })
  expect(await putFile(grant, bytes)).toMatchObject({ status: 200 })
  expect(await client.followUpload(token, track.id, grant.upload_id)).toMatchObject({ status: end })
  if (end !== 'ready') return track.id
  expectStatus(200, await client.request('GET', `/api/v1/tracks/${track.id}/stream`))
  expectStatus(200, await client.request('GET', `/api/v1/tracks/${track.id}/download`, { token }))
  await commentOn(track.id)
  return track.id
}

/** The artist is told of it at once. */
async function commentOn(trackId: string) {
  const { token } = await client.join()
  const path = `/api/v1/tracks/${trackId}/comments`
  expectStatus(201, await client.request('POST', path, { token, body: { body: 'Lovely' } }))
  expectStatus(200, await client.request('GET', path, { token }))
}

/** They are told of it at once. */
async function inviteSomebody(token: string) {
  const { user } = await client.join()
  const track = await client.createTrack(token)
  const path = `/api/v1/tracks/${track.id}/collaborators/${user.id}`
  expectStatus(200, await client.request('PUT', path, { token, body: { role: 'viewer' } }))
}

/** With a cover. */
async function followAPlaylist(token: string) {
  const stranger = await client.join()
  const body = { title: 'Slow Waters', visibility: 'public' }
  const made = await client.request('POST', '/api/v1/playlists', { token: stranger.token, body })
  const path = `/api/v1/playlists/${expectStatus(201, made).id}`
  const cover = { name: 'a.png', content_type: 'image/png', bytes: await makePicture('png') }
  expect(await client.sendPicture(stranger.token, `${path}/cover`, cover)).toMatchObject({ status: 'ready' })
  const { cover_url } = expectStatus(200, await client.request('GET', path, { token }))
  expect((await fetch(cover_url)).status).toBe(200)
  expectStatus(204, await client.request('PUT', `${path}/follow`, { token }))
}

/** Made, fetched, and due to be removed by the next run of its task. */
async function expireAnExport(token: string) {
  const { id } = expectStatus(202, await client.request('POST', '/api/v1/users/me/export', { token }))
  const { url } = await until('the export to be made', async () => {
    const made = expectStatus(200, await client.request('GET', `/api/v1/users/me/exports/${id}`, { token }))
    return made.status === 'ready' ? made : undefined
  })
  expect((await fetch(url)).status).toBe(200)
  const sql = connect(settingsOf(platform.database_url))
  await sql`update data_exports set expires_at = now() - interval '1 second' where id = ${id}`
  await sql.end()
}

/** More than fits into an answer: it is put into the bucket, and fetched from there. */
async function exportManyFigures({ token, user }: { token: string; user: { id: string } }) {
  const sql = connect(settingsOf(platform.database_url))
  await sql`
    insert into daily_stats
    select
      gen_random_uuid(), day::date, 'track', ${user.id}, 7, 1, 2, 1, 1, 1, 0, 0, 3, 100000, 9, 0, 1, 0, 0, 0, 0, 4, 2
    from generate_series(1, 150), generate_series(current_date - 299, current_date, interval '1 day') day
  `
  await sql.end()
  const answer = await fetch(`${platform.api_url}/api/v1/analytics/dashboard/export.csv?range=365d`, {
    headers: { authorization: `Bearer ${token}` },
    redirect: 'manual',
  })
  expect(answer.status).toBe(303)
  const file = await fetch(answer.headers.get('location')!)
  expect(file.status).toBe(200)
  expect((await file.text()).split('\r\n')).toHaveLength(150 * 300 + 2)
}

/** Of no stream at all: the keys that signed it are looked for. */
async function reportAPlay() {
  const token = await signPlayToken(async () => strangeKeys, nobodysPlay, {
    issuedAt: 0,
    expires: 4_000_000_000,
  })
  const body = { plays: [{ play_token: token, listened_ms: 1 }] }
  const caller = platform.callers.stream_server!
  const { results } = expectStatus(200, await client.signed(caller, 'POST', '/api/v1/internal/plays', body))
  expect(results).toEqual([{ status: 'refused', code: 'invalid_token' }])
}

async function reportAView() {
  const viewed = {
    id: randomUUID(),
    type: 'profile_viewed',
    at: new Date().toISOString(),
    profile_id: randomUUID(),
  }
  const body = { events: [viewed, { ...viewed, id: randomUUID(), type: 'play_started', play_token: 'x' }] }
  const { token } = await client.join()
  const { results } = expectStatus(
    202,
    await client.request('POST', '/api/v1/analytics/events', { token, body }),
  )
  expect(results).toMatchObject([{ status: 'accepted' }, { status: 'rejected' }])
}

/** Of a track of their own. */
async function downloadALicense({ token, user }: { token: string; user: { id: string } }) {
  const track_id = await upload(token, await makeAudio('wav'), 'ready')
  const sql = connect(settingsOf(platform.database_url))
  const { license_id } = await sellLicense(sql, { seller: user, buyer: user, track_id })
  const path = `/api/v1/marketplace/licenses/${license_id}/downloads`
  expectStatus(201, await client.request('POST', path, { token }))
  await sql.end()
}

/** As one that was on sale has it. */
async function makeMp3(sql: Sql, trackId: string) {
  await sql.begin(async (tx) => {
    const [version] = await tx<[{ id: string }]>`select id from track_versions where track_id = ${trackId}`
    await requestMp3s(tx, [version.id], new Date())
  })
  await until('the MP3 to be made', async () => {
    await control('schedules/outbox-relay/run', {})
    const [row] = await sql`
      select from version_mp3s m join track_versions v on v.id = m.version_id
      where v.track_id = ${trackId} and m.made_at is not null
    `
    return row
  })
}

async function sellSomething() {
  const sql = connect(settingsOf(platform.database_url))
  const signer = await signerOf(process.env.VEZA_PLATFORM_FILE!)
  await sellAndPayOut({ client, sql, signer })
  await sql.end()
}

/**
 * Deleted a while ago: its files go with the next run of the task, its MP3 and its preview among them, made once more of
 * an original whose version nobody had noted down.
 */
async function purgeATrack(token: string) {
  const track_id = await upload(token, await makeAudio('wav'), 'ready')
  const path = `/api/v1/tracks/${track_id}`
  const preview = (before?: string) =>
    until('the preview to be made', async () => {
      const { status, body } = await client.request('GET', `${path}/preview`, { token })
      const name = status === 200 ? new URL(body.url).pathname : undefined
      return name === before ? undefined : name
    })
  const first = await preview()
  const sql = connect(settingsOf(platform.database_url))
  const [{ object_version_id } = {}] = await sql`
    update track_versions set object_version_id = null where track_id = ${track_id}
    returning old.object_version_id
  `
  expectStatus(200, await client.request('PATCH', path, { token, body: { is_preview_tagged: true } }))
  await preview(first)
  await makeMp3(sql, track_id)
  await sql`update track_versions set object_version_id = ${object_version_id} where track_id = ${track_id}`
  expectStatus(204, await client.request('DELETE', path, { token }))
  await sql`update tracks set purges_at = now() - interval '1 second' where id = ${track_id}`
  await sql.end()
}

/** Stored before the versions of objects were kept on record: the stream server reads it, and it is purged. */
async function readAnOldOriginal(token: string) {
  const track_id = await upload(token, await makeAudio('wav'), 'ready')
  const sql = connect(settingsOf(platform.database_url))
  await sql`update track_versions set object_version_id = null where track_id = ${track_id}`
  const caller = platform.callers.stream_server!
  const path = `/api/v1/internal/tracks/${track_id}/source`
  const { url } = expectStatus(200, await client.signed(caller, 'GET', path))
  expect((await fetch(url)).status).toBe(200)
  expectStatus(204, await client.request('DELETE', `/api/v1/tracks/${track_id}`, { token }))
  await sql`update tracks set purges_at = now() - interval '1 second' where id = ${track_id}`
  await sql.end()
}

/** One that the scanner, and one that the inspection had given up. */
async function retryUploads(token: string) {
  const sql = connect(settingsOf(platform.database_url))
  const again = async (bytes: Buffer, end: string, reason: string) => {
    const track_id = await upload(token, bytes, end)
    const [{ id }] = await sql<[{ id: string }]>`
      update uploads set status = 'failed', status_reason = ${reason} where track_id = ${track_id} returning id
    `
    const path = `/api/v1/tracks/${track_id}/uploads/${id}/retry`
    expectStatus(202, await client.request('POST', path, { token }))
    expect(await client.followUpload(token, track_id, id)).toMatchObject({ status: end })
  }
  await again(eicar(await makeAudio('wav')), 'rejected', 'scan_failed')
  await again(await makeAudio('wav'), 'ready', 'metadata_failed')
  await sql.end()
}

/** The scanner died between a copy and its record: it gets the message again, and finds the copy there. */
async function copyAgain(token: string) {
  const bytes = await makeAudio('wav')
  const track = await client.createTrack(token)
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes }
  const grant = await client.requestUpload(token, track.id, file)
  await putFile(grant, bytes)
  await client.followUpload(token, track.id, grant.upload_id)
  const sql = connect(settingsOf(platform.database_url))
  await sql`update track_versions set stored_at = null, object_version_id = null where track_id = ${track.id}`
  await sql`update uploads set object_version_id = null where track_id = ${track.id}`
  expect(await putFile(grant, bytes)).toMatchObject({ status: 200 })
  await until('the copy to be found', async () => {
    const [row] = await sql`
      select from track_versions where track_id = ${track.id} and object_version_id is not null
    `
    return row
  })
  await sql.end()
}

/** Shown, taken back, and due to be removed by the next run of its task. */
async function forgetAnAvatar(token: string) {
  const bytes = await makePicture('png')
  const path = '/api/v1/users/me/avatar'
  const upload = await client.sendPicture(token, path, { name: 'a.png', content_type: 'image/png', bytes })
  expect(upload).toMatchObject({ status: 'ready' })
  expectStatus(204, await client.request('DELETE', path, { token }))
  const sql = connect(settingsOf(platform.database_url))
  await sql`update images set idle_since = now() - interval '2 days' where idle_since is not null`
  await sql.end()
}

/**
 * As a function that died between its commit and the queue would; its user is nobody, so no mail is sent.
 * Asked for again and again, because another function that has just written may relay it first.
 */
async function leaveAnEventBehind() {
  const sql = connect(settingsOf(platform.database_url))
  const payload = { user_id: '00000000-0000-7000-8000-000000000000' }
  await sql`insert into outbox (type, payload) values ('mail.verify_email', ${sql.json(payload)})`
  await sql.end()
}

/** Events to one endpoint of each kind: it takes them, has missed some, fails or is gone. */
async function sendWebhooks(token: string) {
  const endpoints = '/api/v1/webhooks/endpoints'
  const since = new Date(Date.now() - 3_600_000).toISOString()
  await client.createTrack(token)
  for (const status of [204, 500, 410]) {
    const { url } = await startReceiver((_, response) => response.writeHead(status).end())
    const made = await client.request('POST', endpoints, { token, body: { url } })
    const { id } = expectStatus(201, made)
    expectStatus(202, await client.request('POST', `${endpoints}/${id}/test`, { token, body: {} }))
    if (status !== 204) continue
    const recovery = client.request('POST', `${endpoints}/${id}/recover`, { token, body: { since } })
    expectStatus(202, await recovery)
  }
  await client.createTrack(token)
}

/** A message that no worker can read: it is put off, which takes the last of a consumer's grants. */
async function sendPoison(queueUrl: string) {
  const sqs = new SQSClient(sdkSettings(platform, 'operator'))
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'not JSON' }))
}
