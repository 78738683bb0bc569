import { type Client, expectStatus, type Json, putFile } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { settingsOf } from './server.ts'

const large = { filename: 'a.wav', content_type: 'audio/wav', size_bytes: 100 * 1024 ** 2 }

/** Begins a large upload, then has the database believe that it is a small one, so that no test sends 100 MiB. */
export async function beginInParts(client: Client, token: string, bytes: Buffer, sha256?: string) {
  const sql = connect(settingsOf(client.platform.database_url))
  const { id: track_id } = await client.createTrack(token)
  const uploads = `/api/v1/tracks/${track_id}/uploads`
  const { upload_id } = expectStatus(
    201,
    await client.request('POST', uploads, { token, body: { ...large, verify_parts: sha256 !== undefined } }),
  )
  const path = `${uploads}/${upload_id}`
  await sql`update uploads set size_bytes = ${bytes.length} where id = ${upload_id}`
  await sql.end()
  const body = { part_numbers: [1], ...(sha256 && { sha256: [sha256] }) }
  const { method, parts } = expectStatus(200, await client.request('POST', `${path}/parts`, { token, body }))
  return { track_id, upload_id, path, part: { method, ...parts[0] } as Parameters<typeof putFile>[0] }
}

/** What only a sweep brings to an end: an upload found complete that nobody completed, and one that is over. */
export async function leaveUploadsHalfDone(client: Client, token: string, bytes: Buffer): Promise<Json> {
  const sql = connect(settingsOf(client.platform.database_url))
  const left = await beginInParts(client, token, bytes)
  const { status } = await putFile(left.part, bytes)
  if (status !== 200) throw new Error(`The part was answered with ${status}`)
  const { parts_uploaded } = expectStatus(200, await client.request('GET', left.path, { token }))
  if (parts_uploaded.length !== 1) throw new Error('The part is not there')
  await sql`update uploads set completed_at = now(), looks_at = now() where id = ${left.upload_id}`
  const over = await beginInParts(client, token, bytes)
  await sql`update uploads set status = 'failed', status_reason = 'upload_expired' where id = ${over.upload_id}`
  await sql.end()
  const aborted = await beginInParts(client, token, bytes)
  expectStatus(409, await client.request('POST', `${aborted.path}/complete`, { token, body: {} }))
  expectStatus(204, await client.request('DELETE', aborted.path, { token }))
  await completeWhatIsNotThere(client, token)
  return left
}

async function completeWhatIsNotThere(client: Client, token: string) {
  const { id } = await client.createTrack(token)
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes: Buffer.alloc(9) }
  const { upload_id } = await client.requestUpload(token, id, file)
  const path = `/api/v1/tracks/${id}/uploads/${upload_id}`
  expectStatus(409, await client.request('POST', `${path}/complete`, { token, body: {} }))
  expectStatus(204, await client.request('DELETE', path, { token }))
}
