import { setTimeout as sleep } from 'node:timers/promises'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expectStatus, putFile, until } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { makeAudio } from '../support/audio.ts'
import { launchPlatform } from '../support/launch-platform.ts'
import { bucketEvent } from '../support/memory-storage.ts'
import { control, newClient, sdkSettings } from '../support/platform.ts'
import { settingsOf } from '../support/server.ts'

// Parts are stopped and killed here, so this file has a platform to itself.
const own = await launchPlatform('test-faults')
process.env.VEZA_PLATFORM_FILE = own.file
afterAll(() => own.stop())

const client = await newClient()
const sql = connect(settingsOf(client.platform.database_url))
afterAll(() => sql.end())
let token: string
// Not above: what fails there keeps `afterAll` from ending the platform.
beforeAll(async () => {
  token = (await client.join()).token
})
const wav = { name: 'a.wav', content_type: 'audio/wav', bytes: await makeAudio('wav') }
const upload = async () => {
  const track = await client.createTrack(token)
  const grant = await client.requestUpload(token, track.id, wav)
  const put = await putFile(grant, wav.bytes)
  expect(put.status).toBe(200)
  return { track, grant, put, path: `/api/v1/tracks/${track.id}/uploads/${grant.upload_id}` }
}
const statusOf = async (path: string) =>
  expectStatus(200, await client.request('GET', path, { token })).status

test('with clamd down an upload waits unread, and goes on when it is back', async () => {
  await control('parts/clamd/stop', {})
  const { track, grant, path } = await upload()
  await until('the scan to be tried', async () => ((await statusOf(path)) === 'scanning' ? true : undefined))
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  expect(await statusOf(path)).toBe('scanning')
  const stream = await client.request('GET', `/api/v1/tracks/${track.id}/stream`, { token })
  expect(stream).toMatchObject({ status: 409, body: { code: 'track_not_ready' } })

  await control('parts/clamd/start', {})
  expect(await client.followUpload(token, track.id, grant.upload_id)).toMatchObject({ status: 'ready' })
})

test('with the stream server down a track waits as transcoding, and goes on when it is back', async () => {
  await control('parts/stream-server/stop', {})
  const { track, grant, path } = await upload()
  await until('the prepare job to be due', async () =>
    (await statusOf(path)) === 'transcoding' ? true : undefined,
  )
  await control('parts/stream-server/start', {})
  // A worker that is still knocking gets through; else the minute until the next try is over now.
  await until(
    'the job to be done',
    async () => {
      await sql`
        update stream_jobs set next_attempt_at = now()
        where status = 'waiting' and version_id in (select id from track_versions where track_id = ${track.id})
      `
      for (const name of ['prepare-streams', 'outbox-relay']) await control(`schedules/${name}/run`, {})
      return (await statusOf(path)) === 'transcoding' ? undefined : true
    },
    60_000,
  )
  expect(await client.followUpload(token, track.id, grant.upload_id)).toMatchObject({ status: 'ready' })
})

test.each([
  { name: 'after the copy', action: 's3:PutObject' },
  { name: 'while it reads', action: 's3:GetObject' },
])(
  'a scan worker killed $name is taken up again, and the track is processed once',
  async ({ action }) => {
    await control('faults', { function: 'scan-worker', after: action, action: 'kill' })
    const sent = await upload()
    const { track, grant } = sent
    // A killed environment answers nothing: the message stays in flight until the operator's redrive or its
    // visibility timeout; the second copy of the event stands for either.
    await sendScanEvent(sent)
    const done = await client.followUpload(token, track.id, grant.upload_id)
    expect(done).toMatchObject({ status: 'ready' })
    const seen = done.timeline.map(({ status }: { status: string }) => status)
    expect(seen).toEqual(['uploading', 'scanning', 'processing', 'transcoding', 'ready'])
  },
  90_000,
)

test('the same S3 event again, late, changes nothing', async () => {
  const sent = await upload()
  const { track, grant, path } = sent
  await client.followUpload(token, track.id, grant.upload_id)
  const before = await client.request('GET', path, { token })

  await sendScanEvent(sent)
  await sendScanEvent(sent)
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  const after = await client.request('GET', path, { token })
  expect(after.body).toEqual(before.body)
})

test('the database restarted under load loses nothing that was accepted, and the API comes back', async () => {
  const created: { id: string; token: string }[] = []
  const statuses = new Set<number>()
  let running = true
  // One person may write 120 times a minute.
  const people = await Promise.all(Array.from({ length: 4 }, () => client.join('busy')))
  const load = people.map(async (person) => {
    while (running) {
      const body = { title: 'Under load', rights_confirmed: true }
      const answer = await client.request('POST', '/api/v1/tracks', { token: person.token, body })
      statuses.add(answer.status)
      if (answer.status === 201) created.push({ id: answer.body.id, token: person.token })
      await sleep(60)
    }
  })
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  await control('parts/postgres/restart', {})
  const healthy = created.length
  await until('the API to accept again', async () => (created.length > healthy + 10 ? true : undefined))
  running = false
  await Promise.all(load)

  expect([...statuses].filter((status) => status !== 201 && status !== 503)).toEqual([])
  for (const { id, token } of created) {
    expect(await client.request('GET', `/api/v1/tracks/${id}`, { token })).toMatchObject({ status: 200 })
  }
})

/** Puts the S3 event of an upload on the scan queue once more, as S3 or an operator's redrive may. */
async function sendScanEvent({ grant, put }: Awaited<ReturnType<typeof upload>>) {
  const sqs = new SQSClient(sdkSettings(client.platform, 'operator'))
  const [, bucket = '', ...key] = new URL(grant.url).pathname.split('/')
  const { etag, version_id } = put
  const event = bucketEvent(bucket, key.join('/'), wav.bytes.length, etag!.replaceAll('"', ''), version_id)
  await sqs.send(
    new SendMessageCommand({ QueueUrl: client.platform.aws.queues.scan, MessageBody: JSON.stringify(event) }),
  )
}
