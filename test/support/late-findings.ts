import { randomBytes } from 'node:crypto'
import { type Client, expectStatus, putFile } from '../../infra/local/client.ts'
import { makeAudio } from './audio.ts'
import { chunk, withChunk } from './corpus/build.ts'
import { control } from './platform.ts'

/** A sound file that plays, with something in it that no other file has. */
export async function uploadMarked(client: Client, token: string, fields: Record<string, unknown> = {}) {
  const marker = randomBytes(16)
  const bytes = withChunk(await makeAudio('wav'), chunk('note', marker))
  const track = await client.createTrack(token, fields)
  const file = { name: 'tide.wav', content_type: 'audio/wav', bytes }
  const grant = await client.requestUpload(token, track.id, file)
  expect(await putFile(grant, bytes)).toMatchObject({ status: 200 })
  expect(await client.followUpload(token, track.id, grant.upload_id)).toMatchObject({ status: 'ready' })
  const { version } = expectStatus(200, await client.request('GET', `/api/v1/tracks/${track.id}`, { token }))
  return { track_id: track.id as string, version_id: version.id as string, marker, bytes }
}

const nameOf = (marker: Buffer) => `late-${marker.toString('hex')}`

/** New definitions land that find it. */
export async function learn(marker: Buffer): Promise<void> {
  const signatures = `Test.Late.Finding:0:*:${marker.toString('hex')}`
  await control('definitions', { name: nameOf(marker), signatures })
  await control('schedules/definitions-updater/run', {})
}

/** New definitions land that do not find it any more. */
export async function unlearn(marker: Buffer): Promise<void> {
  await control('definitions', { name: nameOf(marker), signatures: '' })
  await control('schedules/definitions-updater/run', {})
}

/** What is scanned again a little at a time goes on with each run. */
export const sweep = () => control('schedules/rescan-versions/run', {})
