import { createHash } from 'node:crypto'
import { SingleBar } from 'cli-progress'
import { type AudioFile, type Client, expectStatus, type Json, putFile } from '../client.ts'
import { detail, finished, since, step } from './steps.ts'

/** Whose file goes where. */
export interface Sending {
  readonly client: Client
  readonly token: string
  readonly trackId: string
  readonly file: AudioFile
}

/** Takes a file through the pipeline, showing its way. */
export async function upload(client: Client, token: string, trackId: string, file: AudioFile): Promise<Json> {
  const sending = { client, token, trackId, file }
  const grant = await step(`Ask where to send ${file.name}`, () => request(sending))
  await sendWhole(grant, file.bytes)
  return follow(sending, grant.upload_id)
}

/** The same in parts, with a line that breaks after a few of them. */
export async function uploadInParts(sending: Sending, isCutAfter: number): Promise<Json> {
  const { client, token, trackId, file } = sending
  const grant = await step(`Ask where to send ${file.name}`, () => request(sending, { verify_parts: true }))
  const path = `/api/v1/tracks/${trackId}/uploads/${grant.upload_id}`
  detail(`${grant.part_count} parts of ${mebibytes(grant.part_size)}, each with its SHA-256`)
  await sendParts(sending, path, grant, range(1, isCutAfter))
  detail('… the line breaks; some time later')

  const plan = await step('Ask what has arrived', async () =>
    expectStatus(200, await client.request('GET', path, { token })),
  )
  const there = new Set(plan.parts_uploaded.map(({ part_number }: Json) => part_number))
  detail(`parts ${[...there].join(', ')} are there, ${plan.part_count - there.size} are missing`)
  const missing = range(1, plan.part_count).filter((number) => !there.has(number))
  const etags = await sendParts(sending, path, grant, missing)

  const arrived = plan.parts_uploaded.map(({ part_number, etag }: Json) => ({ part_number, etag }))
  await step('Put the parts together', async () => {
    const body = { parts: [...arrived, ...etags] }
    expectStatus(202, await client.request('POST', `${path}/complete`, { token, body }))
  })
  return follow(sending, grant.upload_id)
}

async function request({ client, token, trackId, file }: Sending, extra: object = {}): Promise<Json> {
  const { name: filename, content_type, bytes } = file
  const body = { filename, content_type, size_bytes: bytes.length, allow_duplicate: true, ...extra }
  return expectStatus(201, await client.request('POST', `/api/v1/tracks/${trackId}/uploads`, { token, body }))
}

async function sendParts(
  { client, token, file }: Sending,
  path: string,
  { part_size, part_count }: { readonly part_size: number; readonly part_count: number },
  numbers: readonly number[],
) {
  const started = Date.now()
  const parts = numbers.map((part_number) => {
    const bytes = file.bytes.subarray((part_number - 1) * part_size, part_number * part_size)
    return { part_number, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  })
  const body = { part_numbers: numbers, sha256: parts.map(({ sha256 }) => sha256) }
  const signed = expectStatus(200, await client.request('POST', `${path}/parts`, { token, body }))
  const before = (numbers[0]! - 1) * part_size
  const bar = startBar(file.bytes.length, before)
  const sent = []
  for (const [index, { part_number, bytes }] of parts.entries()) {
    const grant = { method: 'PUT', ...signed.parts[index] }
    const { status, etag = '' } = await putFile(grant, bytes, (count) =>
      bar.update(kibibytes((part_number - 1) * part_size + count)),
    )
    if (status !== 200) throw new Error(`Part ${part_number} was refused with ${status}`)
    sent.push({ part_number, etag: etag.replaceAll('"', '') })
  }
  bar.stop()
  finished(`Send parts ${numbers[0]} to ${numbers.at(-1)} of ${part_count}`, started)
  return sent
}

async function sendWhole(grant: Parameters<typeof putFile>[0], bytes: Buffer): Promise<void> {
  const started = Date.now()
  const bar = startBar(bytes.length)
  const { status, body } = await putFile(grant, bytes, (sent) => bar.update(kibibytes(sent)))
  bar.stop()
  if (status !== 200) throw new Error(`The upload was refused with ${status}: ${body}`)
  finished(`Send ${mebibytes(bytes.length)} straight to S3`, started)
}

function startBar(bytes: number, from = 0): SingleBar {
  const bar = new SingleBar({
    format: '  {bar} {percentage}% {value}/{total} KiB',
    ...{ barsize: 30, hideCursor: true, clearOnComplete: true, noTTYOutput: false },
  })
  bar.start(kibibytes(bytes), kibibytes(from))
  return bar
}

/** Every step of the pipeline when it begins, and the sentence that explains a bad end. */
async function follow({ client, token, trackId }: Sending, uploadId: string): Promise<Json> {
  const started = Date.now()
  const end = await client.followUpload(token, trackId, uploadId, (status) =>
    detail(`${status.padEnd(12)} ${since(started)}`),
  )
  if (end.status_detail) detail(`${end.status_reason}: ${end.status_detail}`)
  else if (end.status_reason) detail(end.status_reason)
  return end
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const kibibytes = (bytes: number) => Math.ceil(bytes / 1024)
const mebibytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`
