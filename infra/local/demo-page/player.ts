import Hls from 'hls.js/light'
import { explain } from './api.ts'
import { createHeartbeats, type Heartbeats } from './heartbeats.ts'
import { get } from './session.ts'
import { trackPath } from './store.ts'
import type { Stream } from './wire.ts'

export type PlayerState = 'idle' | 'loading' | 'playing' | 'paused' | 'failed'

export interface Clip {
  readonly url: string
  readonly start_ms: number
  readonly duration_ms: number
}

export interface Playing {
  readonly state: PlayerState
  /** In the track, also where only a clip of it plays. */
  readonly position: number
  readonly clip?: Clip
  readonly error?: string
}

/** One sound at a time, of the track that was loaded last. */
export function createPlayer(sound: HTMLAudioElement, onChange: () => void) {
  let trackId: string | undefined
  let hls: Hls | undefined
  let state: PlayerState = 'idle'
  let error: string | undefined
  let clip: Clip | undefined
  let heartbeats: Heartbeats | undefined

  const become = (next: PlayerState, why?: string) => {
    state = next
    error = why
    onChange()
  }

  sound.addEventListener('playing', () => become('playing'))
  sound.addEventListener('pause', () => {
    heartbeats?.flush()
    if (state !== 'failed' && state !== 'idle') become('paused')
  })
  sound.addEventListener('waiting', () => state === 'playing' && become('loading'))
  sound.addEventListener('timeupdate', () => {
    if (state === 'playing' && !sound.seeking) heartbeats?.heard(sound.currentTime)
    onChange()
  })
  sound.addEventListener('seeking', () => heartbeats?.flush())
  sound.addEventListener('seeked', onChange)
  sound.addEventListener('error', () => sound.src && fail('The sound cannot be played'))

  const fail = (why: string) => {
    unload()
    become('failed', why)
  }

  function unload(): void {
    heartbeats?.flush()
    heartbeats = undefined
    hls?.destroy()
    hls = undefined
    clip = undefined
    sound.removeAttribute('src')
    sound.load()
  }

  /** Through the signed manifest, by hls.js where the browser cannot by itself. */
  function attach({ manifest_url, play_token }: Stream): void {
    heartbeats = createHeartbeats(play_token)
    if (!Hls.isSupported()) {
      sound.src = manifest_url
      return
    }
    // A worker would be made of a text, which this page's policy does not take for a script.
    hls = new Hls({ enableWorker: false })
    hls.on(Hls.Events.ERROR, (_, { fatal, type, details }) => {
      if (!fatal) return
      if (type === Hls.ErrorTypes.MEDIA_ERROR) hls?.recoverMediaError()
      else fail(`The stream cannot be played (${details})`)
    })
    hls.loadSource(manifest_url)
    hls.attachMedia(sound)
  }

  async function start(load: () => Promise<void>): Promise<void> {
    become('loading')
    try {
      unload()
      await load()
      await sound.play()
    } catch (cause) {
      // Somebody paused, or chose another track, before it could begin.
      if (cause instanceof DOMException && cause.name === 'AbortError') return
      fail(explain(cause))
    }
  }

  return {
    sound,
    /** Another track is looked at; what plays goes on only if it is that one. */
    select(id: string | undefined): void {
      if (id === trackId) return
      trackId = id
      unload()
      become('idle')
    },
    now: (): Playing => ({
      state,
      position: (sound.currentTime || 0) + (clip ? clip.start_ms / 1_000 : 0),
      ...(clip && { clip }),
      ...(error && { error }),
    }),
    /** The clip that others may hear, in place of the track. */
    async preview(): Promise<void> {
      if (!trackId) return
      const path = `${trackPath(trackId)}/preview`
      await start(async () => {
        const found = await get<Clip>(path)
        clip = found
        sound.src = found.url
      })
    },
    async toggle(): Promise<void> {
      if (!trackId) return
      if (state === 'playing' || state === 'loading') return sound.pause()
      if (state === 'paused') return sound.play()
      const id = trackId
      await start(async () => attach(await get<Stream>(`${trackPath(id)}/stream`)))
    },
    async seek(seconds: number): Promise<void> {
      // Outside of the clip there is only the track itself.
      if (clip) unload()
      if (!sound.src) {
        become('idle')
        await this.toggle()
      }
      sound.currentTime = Math.max(0, Math.min(seconds, sound.duration || seconds))
      onChange()
    },
  }
}
