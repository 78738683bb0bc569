import { Problem } from './api.ts'
import { call } from './session.ts'
import { change, findItem, refreshTrack, trackPath } from './store.ts'
import { isAtRest, type Track, type Upload } from './wire.ts'

const pauseMs = 1_000
/** What is measured beside the stream comes a little later, or never where that failed. */
const analysisPatienceMs = 120_000

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const followed = new Map<string, string>()

/** Reads an upload until it has come to rest, then the track until all that is measured is there. */
export async function follow(trackId: string, uploadId: string): Promise<void> {
  if (followed.get(trackId) === uploadId) return
  followed.set(trackId, uploadId)
  // Another upload of the same track takes over from this one.
  const isCurrent = () => followed.get(trackId) === uploadId && findItem(trackId) !== undefined
  try {
    const upload = await readToEnd(trackId, uploadId, isCurrent)
    if (upload?.status === 'ready') await awaitAnalysis(trackId, isCurrent)
  } finally {
    if (followed.get(trackId) === uploadId) followed.delete(trackId)
  }
}

async function readToEnd(trackId: string, uploadId: string, isCurrent: () => boolean) {
  let etag: string | undefined
  let last: Upload | undefined
  while (isCurrent()) {
    const reply = await readUpload(trackId, uploadId, etag)
    if (reply === 'gone') return undefined
    if (reply?.status === 200) {
      etag = reply.headers.get('etag') ?? undefined
      const isNews = last?.status !== reply.body.status
      last = reply.body
      // The track goes first, so that what is shown as ready can be played.
      if (isNews) await refreshTrack(trackId).catch(() => undefined)
      change(trackId, { upload: last })
      if (isAtRest(last)) return last
    }
    await wait(pauseMs)
  }
  return undefined
}

/** Undefined where the network failed, which is tried again. */
async function readUpload(trackId: string, uploadId: string, etag: string | undefined) {
  const headers = etag ? { 'if-none-match': etag } : {}
  try {
    return await call<Upload>('GET', `${trackPath(trackId)}/uploads/${uploadId}`, { headers })
  } catch (error) {
    if (error instanceof Problem && error.status < 500 && error.status !== 429) return 'gone'
    return undefined
  }
}

async function awaitAnalysis(trackId: string, isCurrent: () => boolean): Promise<void> {
  const deadline = performance.now() + analysisPatienceMs
  while (isCurrent() && performance.now() < deadline) {
    const track = await refreshTrack(trackId).catch(() => undefined)
    if (track && isAnalysed(track)) return
    await wait(2 * pauseMs)
  }
}

const isAnalysed = ({ waveform_url, loudness }: Track) => waveform_url !== null && loudness !== null
