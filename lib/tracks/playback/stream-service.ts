import type { Caller, Client, ReadClient } from '../../analytics/clients/client.ts'
import type { Actor } from '../../auth/actor.ts'
import type { LoadKeys } from '../../auth/key-ring.ts'
import type { Secrets } from '../../aws/secrets.ts'
import type { Sql } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { guest, signStreamToken, signStreamUrl, streamSeconds } from '../../media/streams/streaming.ts'
import { type PlayClient, signPlayToken } from '../../plays/play-token.ts'
import { findPlayableTrack } from '../repository.ts'
import { createViewers } from '../viewers.ts'

export interface StreamDependencies {
  readonly sql: Sql
  readonly secrets: Pick<Secrets, 'read'>
  readonly loadKeys: LoadKeys
  readonly readClient: ReadClient
  readonly streamServerUrl: string
  readonly tokenSecretId: string
  readonly urlSecretId: string
  readonly now?: () => Date
}

export type StreamService = ReturnType<typeof createStreamService>

/** By where the call comes from guests are told apart, and programs from people. */
export interface Listening extends Caller {
  /** Of the secret link that the listener holds. */
  readonly share_token?: string | undefined
}

/** Hands out what a player needs for one listening: a signed manifest and the tokens that go with it. */
export function createStreamService(dependencies: StreamDependencies) {
  const { sql, secrets, loadKeys, readClient, streamServerUrl, tokenSecretId, urlSecretId } = dependencies
  const { now = () => new Date() } = dependencies
  const viewerOf = createViewers({ sql, now })

  return {
    async issue(actor: Actor | undefined, trackId: string, listening: Listening) {
      const at = now()
      const viewer = await viewerOf(actor, listening.share_token)
      const track = await findPlayableTrack(sql, trackId, viewer)
      if (!track) throw new AppError('not_found')
      const { version_id, manifest_key, duration_ms } = track
      if (!version_id || !manifest_key) throw new AppError('track_not_ready')
      const listener =
        actor && track.listener ? { ...track.listener, id: actor.id, session_id: actor.session_id } : guest()
      const { session_id } = listener
      const issuedAt = Math.floor(at.getTime() / 1000)
      const times = { issuedAt, expires: issuedAt + streamSeconds(duration_ms) }
      const client = await readClient(listening)
      const visitor = visitorOf(actor, client)
      const share_id = viewer.share?.id
      const play = {
        track_id: trackId,
        version_id,
        user_id: actor?.id,
        session_id,
        visitor,
        share_id,
        client: toPlayClient(client, trackId, actor),
      }
      const [urlSecret, tokenSecret] = await Promise.all([
        secrets.read(urlSecretId),
        secrets.read(tokenSecretId),
      ])
      const [stream_token, play_token] = await Promise.all([
        signStreamToken(tokenSecret, listener, { track_id: trackId, version_id }, times),
        signPlayToken(loadKeys, play, times),
      ])
      return {
        manifest_url: signStreamUrl(streamServerUrl, urlSecret, manifest_key, times.expires),
        stream_token,
        play_token,
        expires_at: new Date(times.expires * 1000),
      }
    },
  }
}

const visitorOf = (actor: Actor | undefined, { visitor, wantsPrivacy }: Client) =>
  actor || wantsPrivacy ? undefined : visitor.toString('hex')

/** The listener's hash is of this track alone, so that what one listened to cannot be put together by it. */
function toPlayClient(client: Client, trackId: string, actor: Actor | undefined): PlayClient {
  const listener = client.hash(`listener:${trackId}:${actor?.id ?? client.visitor.toString('hex')}`)
  return {
    network: client.network.toString('hex'),
    listener: listener.toString('hex'),
    device: client.device,
    ...(client.country && { country: client.country }),
    ...(client.filter && { filter: client.filter }),
    ...(client.wantsPrivacy && { is_anonymous: true }),
  }
}
