import { createTrackHandlers } from '../../functions/tracks/handlers.ts'
import { trackRoutes } from '../../functions/tracks/routes.ts'
import type { Json } from '../../infra/local/client.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import { connect, type DatabaseSettings, type Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createUploadService, type UploadStore } from '../../lib/uploads/service.ts'
import { call, unlimited } from './api.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { composeTrackServices } from './track-api.ts'
import { seedActor } from './tracks.ts'

export const mebibyte = 1024 ** 2

/** 101 MiB: six parts of 16 MiB and one of 5. */
export const large = { filename: 'low-tide.wav', content_type: 'audio/wav', size_bytes: 101 * mebibyte }

/** The routes of uploads over a bucket in memory, with a clock that the test moves. */
export function createUploading(sql: Sql, settings: DatabaseSettings) {
  let at = new Date('2026-03-01T12:00:00Z')
  const now = () => at
  const store = createMemoryStorage('uploads').uploads!
  const createHandler = (db: Sql, bucket: UploadStore = store) =>
    createApi(
      trackRoutes,
      createTrackHandlers({
        ...composeTrackServices(db, now),
        uploads: createUploadService({ sql: db, store: bucket, now }),
      }),
      { service: 'tracks', corsOrigins: [], takeCall: unlimited, verifyToken: async () => undefined },
    )
  const handler = createHandler(sql)
  type Handler = typeof handler

  const on =
    (api: Handler) =>
    (
      name: keyof typeof trackRoutes,
      actor: Actor,
      params: Record<string, string>,
      body?: object,
    ): Promise<Json> =>
      call(api, trackRoutes[name], { actor, params, ...(body && { body }) })
  const act = on(handler)

  const createTrack = async (actor: Actor): Promise<string> =>
    (await act('createTrack', actor, {}, { title: 'Low Tide', rights_confirmed: true })).body.id

  /** A track of somebody new, with a large file on its way to it. */
  const begin = async (body: object = {}) => {
    const actor = await seedActor(sql)
    const track_id = await createTrack(actor)
    const { body: grant } = await act('requestUpload', actor, { track_id }, { ...large, ...body })
    const ids = { track_id, upload_id: grant.upload_id as string }
    const key = `uploads/${track_id}/${grant.upload_id}`
    const put = (number: number, bytes: Buffer) => ({
      part_number: number,
      etag: store.putPart(key, number, bytes),
    })
    return { actor, grant, ids, key, put }
  }

  /** Each on a connection of its own, at the same time. */
  const race = async <T>(count: number, work: (act: ReturnType<typeof on>, index: number) => Promise<T>) => {
    const connections = Array.from({ length: count }, () => connect(settings))
    try {
      return await Promise.all(connections.map((own, index) => work(on(createHandler(own)), index)))
    } finally {
      await Promise.all(connections.map((own) => own.end()))
    }
  }

  return {
    store,
    now,
    act,
    begin,
    race,
    createTrack,
    later: (minutes: number) => {
      at = new Date(at.getTime() + minutes * 60_000)
    },
    rowOf: async ({ upload_id }: { upload_id: string }): Promise<Json> =>
      (await sql`select * from uploads where id = ${upload_id}`)[0],
  }
}

/** What a file of 101 MiB is made of; most of it is the same, so that it costs no memory. */
export const parts = [...Array<Buffer>(6).fill(Buffer.alloc(16 * mebibyte)), Buffer.alloc(5 * mebibyte, 7)]
