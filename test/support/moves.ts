import { adminRoutes } from '../../functions/admin/routes.ts'
import { playlistRoutes } from '../../functions/playlists/routes.ts'
import { socialRoutes } from '../../functions/social/routes.ts'
import { allTrackRoutes } from '../../functions/tracks/all-routes.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { AppError, problems } from '../../lib/errors.ts'
import type { Route } from '../../lib/http/route.ts'
import { createRelationService } from '../../lib/relations/service.ts'
import type { Chance } from '../bench/catalogue/chance.ts'
import type { Cast } from './cast.ts'
import { createModerationApi } from './moderation.ts'
import { createPlaylistsApi } from './playlists.ts'
import { createSocialApi } from './social.ts'
import { createStudio } from './studio.ts'

/** One call with what chance gives it; the status it came to, and the answer. */
export type Move = () => Promise<{ readonly status: number; readonly text: string }>
export type Moves = Readonly<Record<string, Move>>

interface Lane {
  readonly count: number
  /** What leaves little to do for everybody else, and is made only once in so many times that it is picked. */
  readonly rare: ReadonlySet<string>
  readonly oneIn: number
}

/** One move after another; answers what went wrong, and which moves did something. */
export async function play(moves: Moves, { below, pick }: Chance, { count, rare, oneIn }: Lane) {
  const names = Object.keys(moves)
  const failures: string[] = []
  const done = new Set<string>()
  for (let move = 0; move < count; move++) {
    const name = pick(names)
    if (rare.has(name) && below(oneIn) > 0) continue
    const { status, text } = await moves[name]!()
    if (status >= 500) failures.push(`${name}: ${text}`)
    if (status < 300) done.add(name)
  }
  return { failures, done }
}

interface Stage {
  readonly sql: Sql
  readonly cast: Cast
  readonly chance: Chance
}

/** Everything that the users of the catalogue do to each other, on one connection. */
export const createMoves = (stage: Stage): Moves => ({
  ...relationMoves(stage),
  ...trackMoves(stage),
  ...teamMoves(stage),
  ...commentMoves(stage),
  ...playlistMoves(stage),
  ...moderatorMoves(stage),
})

const nobody = '0199f0f0-0000-7000-8000-000000000001'

async function anyOf({ sql, chance }: Stage, table: string): Promise<string> {
  const rows = await sql<{ id: string }[]>`select id from ${sql(table)} order by id desc limit 30`
  return rows.length === 0 ? nobody : chance.pick(rows).id
}

/** Services have no status: those that refuse get the one of their problem. */
async function statusOf(work: Promise<unknown>) {
  try {
    await work
    return { status: 204, text: '' }
  } catch (error) {
    const status = error instanceof AppError ? problems[error.code][0] : 500
    return { status, text: String(error) }
  }
}

function relationMoves({ sql, cast, chance }: Stage): Moves {
  const relations = createRelationService({ sql, relay: { flushSoon: async () => {} } })
  const deed = (name: keyof typeof relations): Move => {
    return () => statusOf(relations[name](chance.pick(cast.people), chance.pick(cast.people).id))
  }
  return {
    follow: deed('follow'),
    unfollow: deed('unfollow'),
    block: deed('block'),
    unblock: deed('unblock'),
    mute: deed('mute'),
    unmute: deed('unmute'),
  }
}

function trackMoves(stage: Stage): Moves {
  const {
    sql,
    cast: { people, tracks },
    chance,
  } = stage
  const { as } = createStudio(sql)
  const move =
    (route: Route, body?: object): Move =>
    () =>
      as(chance.pick(people), route, {
        params: { track_id: chance.pick(tracks) },
        ...(body && { body }),
      })
  return {
    like: move(allTrackRoutes.likeTrack),
    unlike: move(allTrackRoutes.unlikeTrack),
    repost: move(allTrackRoutes.repostTrack),
    unrepost: move(allTrackRoutes.unrepostTrack),
    deleteTrack: move(allTrackRoutes.deleteTrack),
    restoreTrack: move(allTrackRoutes.restoreTrack),
    hideTrackFromAll: move(allTrackRoutes.updateTrack, { visibility: 'private' }),
    showTrackToAll: move(allTrackRoutes.updateTrack, { visibility: 'public' }),
    share: move(allTrackRoutes.createShare, {}),
    activateVersion: async () =>
      as(chance.pick(people), allTrackRoutes.activateVersion, {
        params: {
          track_id: tracks[0]!,
          version_id: await anyOf(stage, 'track_versions'),
        },
      }),
  }
}

function teamMoves({ sql, cast: { people, tracks }, chance: { pick } }: Stage): Moves {
  const { as, accept, invite, remove } = createStudio(sql)
  const owner = people[0]!
  const splits = (actor: Actor, route: Route, body?: object) =>
    as(actor, route, { params: { track_id: tracks[0]! }, ...(body && { body }) })
  return {
    invite: () => invite(owner, tracks[0]!, pick(people), { role: pick(['editor', 'commenter']) }),
    accept: () => accept(pick(people), tracks[0]!),
    endPart: () => remove(pick(people), tracks[0]!, pick(people)),
    proposeSplits: () =>
      splits(owner, allTrackRoutes.proposeSplits, {
        entries: [{ user_id: pick(people.slice(1)).id, split_bps: 4_000 }],
      }),
    acceptSplits: async () => {
      const [sheet] = await sql<[{ revision: number }]>`
        select coalesce(max(revision), 1) as revision from split_sheets
      `
      return splits(pick(people), allTrackRoutes.acceptSplits, { revision: sheet.revision })
    },
    upload: () =>
      splits(pick(people), allTrackRoutes.requestUpload, {
        filename: 'a.wav',
        content_type: 'audio/wav',
        size_bytes: 9,
        rights_confirmed: true,
      }),
  }
}

function commentMoves(stage: Stage): Moves {
  const { sql, cast, chance } = stage
  const { pick } = chance
  const social = createSocialApi(sql)
  const move =
    (route: Route, body?: () => object): Move =>
    async () =>
      social(route, pick(cast.people), {
        params: { comment_id: await anyOf(stage, 'comments') },
        ...(body && { body: body() }),
      })
  const answered = async () => {
    const [parent] = await sql<[{ id: string; track_id: string }?]>`
      select id, track_id from comments where id = ${await anyOf(stage, 'comments')}
    `
    return parent ?? { id: nobody, track_id: nobody }
  }
  return {
    comment: () =>
      social(socialRoutes.createComment, pick(cast.people), {
        params: { track_id: pick(cast.tracks) },
        body: { body: `Lovely, @${pick(cast.people).username}` },
      }),
    answer: async () => {
      const { id: parent_id, track_id } = await answered()
      const body = { body: 'So it is', parent_id }
      return social(socialRoutes.createComment, pick(cast.people), { params: { track_id }, body })
    },
    editComment: move(socialRoutes.updateComment, () => ({ body: `Better, ${chance.below(99)}` })),
    removeComment: move(socialRoutes.deleteComment),
    likeComment: move(socialRoutes.likeComment),
    unlikeComment: move(socialRoutes.unlikeComment),
    pinComment: move(socialRoutes.pinComment),
    reportComment: move(socialRoutes.reportComment, () => ({ reason: 'spam' })),
    reportTrack: () =>
      social(socialRoutes.reportTrack, pick(cast.people), {
        params: { track_id: pick(cast.tracks) },
        body: { reason: 'copyright' },
      }),
  }
}

function playlistMoves(stage: Stage): Moves {
  const { sql, cast, chance } = stage
  const { pick } = chance
  const api = createPlaylistsApi(sql)
  const move =
    (route: Route, body?: () => object, params: () => Promise<object> | object = () => ({})): Move =>
    async () =>
      api(route, {
        actor: pick(cast.people),
        params: { playlist_id: pick(cast.playlists), ...(await params()) },
        ...(body && { body: body() }),
      })
  const item = async () => ({ item_id: await anyOf(stage, 'playlist_items') })
  const person = () => ({ user_id: pick(cast.people).id })
  return {
    addItem: move(playlistRoutes.addPlaylistItem, () => ({
      track_id: pick(cast.tracks),
      allow_duplicates: true,
    })),
    moveItem: move(playlistRoutes.movePlaylistItem, () => ({ after: null }), item),
    removeItem: move(playlistRoutes.removePlaylistItem, undefined, item),
    likePlaylist: move(playlistRoutes.likePlaylist),
    unlikePlaylist: move(playlistRoutes.unlikePlaylist),
    followPlaylist: move(playlistRoutes.followPlaylist),
    unfollowPlaylist: move(playlistRoutes.unfollowPlaylist),
    letIn: move(
      playlistRoutes.putPlaylistCollaborator,
      () => ({ role: pick(['editor', 'viewer', 'owner']) }),
      person,
    ),
    putOut: move(playlistRoutes.removePlaylistCollaborator, undefined, person),
  }
}

function moderatorMoves(stage: Stage): Moves {
  const call = createModerationApi(stage.sql)
  return {
    resolveReport: async () =>
      call(adminRoutes.resolveReport, stage.cast.moderator, {
        params: { report_id: await anyOf(stage, 'moderation_cases') },
        body: { action: stage.chance.pick(['hide', 'dismiss', 'warn', 'remove']) },
      }),
  }
}
