import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'
import { explain, Problem } from './api.ts'
import { follow } from './follow.ts'
import { contentTypeOf, type Grant, requestGrant } from './grant.ts'
import { forgetFile, keepFile, listKeptFiles } from './kept-files.ts'
import { recallUpload, rememberUpload } from './remembered.ts'
import { call, get, post } from './session.ts'
import { change, findItem, put, remove, select, type Transfer, trackPath } from './store.ts'
import type { Track, Upload } from './wire.ts'

type Meta = { track_id: string } & Record<string, unknown>

const uppy = new Uppy<Meta, Record<string, never>>({ id: 'veza' })
const grants = new Map<string, Grant>()

uppy.use(AwsS3, {
  limit: 3,
  shouldUseMultipart: false,
  generateObjectKey: ({ meta }) => String(meta.track_id),
  signRequest: async ({ key }) => {
    const grant = grants.get(key)
    if (!grant) throw new Error('There is no grant for this file')
    // What a browser sets itself it lets no script set.
    const { 'content-length': _length, ...headers } = grant.headers
    return { url: grant.url, headers }
  },
})

uppy.on('upload-progress', (file, progress) => {
  if (!file) return
  const { bytesUploaded: sent } = progress
  const { transfer } = findItem(file.meta.track_id) ?? {}
  if (transfer?.state !== 'paused')
    showTransfer(file.meta.track_id, { state: 'sending', sent_bytes: Number(sent) })
})
uppy.on('upload-success', (file) => {
  if (file) void finish(file.meta.track_id)
})
uppy.on('upload-error', (file, error) => {
  if (file) showTransfer(file.meta.track_id, { state: 'failed', error: explain(error) })
})

const began = new Map<string, { readonly at: number; readonly from: number }>()

function showTransfer(trackId: string, patch: Partial<Transfer>): void {
  const { transfer } = findItem(trackId) ?? {}
  if (!transfer) return
  const next = { ...transfer, ...patch }
  const start = began.get(trackId)
  const seconds = start ? (performance.now() - start.at) / 1_000 : 0
  const bytes_per_second = start && seconds > 0.5 ? (next.sent_bytes - start.from) / seconds : 0
  change(trackId, { transfer: { ...next, bytes_per_second } })
}

/** Speed is told of the time since it last began to flow. */
const beginMeasuring = (trackId: string, from: number) => began.set(trackId, { at: performance.now(), from })

/** A new track of a file, on its way. */
export async function uploadNew(file: File): Promise<void> {
  const title =
    file.name
      .replace(/\.[^.]+$/, '')
      .replaceAll('_', ' ')
      .trim() || file.name
  const track = await post<Track>('/api/v1/tracks', { title: title.slice(0, 200), rights_confirmed: true })
  put(track)
  select(track.id)
  await uploadTo(track.id, file)
}

/** Another file for a track that is there. */
export async function uploadTo(trackId: string, file: File): Promise<void> {
  const waiting = { state: 'preparing', sent_bytes: 0, size_bytes: file.size, bytes_per_second: 0 } as const
  change(trackId, { transfer: waiting, upload: undefined })
  try {
    const grant = await requestGrant(trackId, file)
    rememberUpload(trackId, grant.upload_id)
    await keepFile({ track_id: trackId, grant, file })
    void follow(trackId, grant.upload_id)
    await sendTo(trackId, grant, file)
  } catch (error) {
    change(trackId, { transfer: { ...waiting, state: 'failed', error: explain(error) } })
  }
}

async function sendTo(trackId: string, grant: Grant, file: File): Promise<void> {
  grants.set(trackId, grant)
  const known = fileOf(trackId)
  if (known) uppy.removeFile(known.id)
  beginMeasuring(trackId, 0)
  showTransfer(trackId, { state: 'sending' })
  const meta = { track_id: trackId, relativePath: trackId }
  uppy.addFile({ name: file.name, type: contentTypeOf(file) ?? file.type, data: file, meta })
  await uppy.upload()
}

const fileOf = (trackId: string) => uppy.getFiles().find(({ meta }) => meta.track_id === trackId)

async function finish(trackId: string): Promise<void> {
  const file = fileOf(trackId)
  if (file) uppy.removeFile(file.id)
  change(trackId, { transfer: undefined })
  await forgetFile(trackId)
}

export function pause(trackId: string): void {
  const file = fileOf(trackId)
  if (!file) return
  const isPaused = uppy.pauseResume(file.id)
  beginMeasuring(trackId, findItem(trackId)?.transfer?.sent_bytes ?? 0)
  showTransfer(trackId, { state: isPaused ? 'paused' : 'sending' })
}

export function tryAgain(trackId: string): void {
  const file = fileOf(trackId)
  if (!file) return
  beginMeasuring(trackId, findItem(trackId)?.transfer?.sent_bytes ?? 0)
  showTransfer(trackId, { state: 'sending' })
  void uppy.retryUpload(file.id)
}

/** Gives an upload up, and the track with it that would never have a file. */
export async function abort(trackId: string): Promise<void> {
  const file = fileOf(trackId)
  if (file) uppy.removeFile(file.id)
  await forgetFile(trackId)
  change(trackId, { transfer: undefined })
  await deleteTrack(trackId)
}

export async function deleteTrack(trackId: string): Promise<void> {
  await call('DELETE', trackPath(trackId))
  remove(trackId)
}

/** Takes up what an earlier visit left: uploads on their way through the pipeline, and files half sent. */
export async function resumeAll(tracks: readonly Track[]): Promise<void> {
  const kept = new Map((await listKeptFiles()).map((file) => [file.track_id, file]))
  await Promise.all(
    tracks.map(async ({ id }) => {
      const uploadId = recallUpload(id)
      if (!uploadId) return
      const upload = await readOwn(id, uploadId)
      if (!upload) return
      change(id, { upload })
      void follow(id, uploadId)
      const file = kept.get(id)
      if (file && (upload.status !== 'uploading' || file.grant.upload_id !== uploadId)) await forgetFile(id)
      else if (file) await resumeSending(id, file.grant, file.file)
    }),
  )
}

async function readOwn(trackId: string, uploadId: string): Promise<Upload | undefined> {
  try {
    return await get<Upload>(`${trackPath(trackId)}/uploads/${uploadId}`)
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

async function resumeSending(trackId: string, grant: Grant, file: File): Promise<void> {
  const transfer = { state: 'preparing', sent_bytes: 0, size_bytes: file.size, bytes_per_second: 0 } as const
  change(trackId, { transfer })
  await sendTo(trackId, grant, file)
}
