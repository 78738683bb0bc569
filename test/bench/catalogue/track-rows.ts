import { createChance } from './chance.ts'
import { type Library, makeId, userId, versionId } from './library.ts'
import type { Load } from './load.ts'
import { genres, keys, phraseOf, titleOf, wordOf } from './words.ts'

const uploadId = (index: number) => makeId('upload', index)

function* tracks({ scale, ownerOf, isPublic, trackId, createdAt }: Library) {
  const chance = createChance(2)
  for (let index = 0; index < scale.tracks; index++) {
    const at = new Date(createdAt(index))
    const tags = [...new Set(Array.from({ length: chance.below(5) }, () => wordOf(chance)))]
    const bpm = chance.next() < 0.8 ? 60 + chance.below(130) : null
    yield [
      trackId(index),
      userId(ownerOf(index)),
      titleOf(chance),
      phraseOf(chance, 20),
      genres[chance.skewed(genres.length)],
      tags,
      bpm,
      chance.pick(keys),
      chance.next() < 0.1,
      isPublic(index) ? 'public' : 'private',
      at,
      'ready',
      versionId(index),
      isPublic(index) ? at : null,
      at,
      at,
    ]
  }
}

function* uploads({ scale, ownerOf, trackId, createdAt }: Library) {
  for (let index = 0; index < scale.tracks; index++) {
    const at = new Date(createdAt(index))
    yield [
      uploadId(index),
      trackId(index),
      userId(ownerOf(index)),
      'a.flac',
      'audio/flac',
      30_000_000,
      `uploads/${index}`,
      'ready',
      at,
      at,
    ]
  }
}

function* versions({ scale, trackId, durationOf, createdAt }: Library) {
  for (let index = 0; index < scale.tracks; index++) {
    const at = new Date(createdAt(index))
    yield [
      versionId(index),
      trackId(index),
      uploadId(index),
      1,
      `originals/${index}`,
      at,
      '0'.repeat(64),
      30_000_000,
      'audio/flac',
      'flac',
      'FLAC',
      durationOf(index),
      900_000,
      44_100,
      2,
      16,
      `m-${index}`,
      at,
      at,
    ]
  }
}

/** One in twenty tracks has somebody who works on it beside its owner. */
function* collaborators({ scale, ownerOf, isApart, trackId, createdAt }: Library) {
  const chance = createChance(6)
  let made = 0
  for (let index = 0; index < scale.tracks; index += 20) {
    const user = chance.below(scale.users)
    const role = chance.pick(['editor', 'commenter', 'viewer'])
    if (user === ownerOf(index) || isApart(user, ownerOf(index))) continue
    const at = createdAt(index)
    const times = [new Date(at), new Date(at)]
    yield [
      makeId('collaborator', made++, at),
      trackId(index),
      userId(user),
      role,
      'accepted',
      ...times,
      wordOf(chance),
    ]
  }
}

export const trackLoads = (library: Library): readonly Load[] => [
  {
    table: 'tracks',
    columns: [
      'id',
      'owner_id',
      'title',
      'description',
      'genre',
      'tags',
      'bpm',
      'musical_key',
      'is_explicit',
      'visibility',
      'rights_confirmed_at',
      'status',
      'current_version_id',
      'published_at',
      'created_at',
      'updated_at',
    ],
    count: library.scale.tracks,
    rows: tracks(library),
  },
  {
    table: 'uploads',
    columns: [
      'id',
      'track_id',
      'created_by',
      'filename',
      'content_type',
      'size_bytes',
      'object_key',
      'status',
      'expires_at',
      'created_at',
    ],
    count: library.scale.tracks,
    rows: uploads(library),
  },
  {
    table: 'track_versions',
    columns: [
      'id',
      'track_id',
      'upload_id',
      'number',
      'object_key',
      'stored_at',
      'sha256',
      'size_bytes',
      'content_type',
      'container',
      'codec',
      'duration_ms',
      'bitrate_bps',
      'sample_rate_hz',
      'channels',
      'bit_depth',
      'manifest_key',
      'ready_at',
      'created_at',
    ],
    count: library.scale.tracks,
    rows: versions(library),
  },
  {
    table: 'track_collaborators',
    columns: ['id', 'track_id', 'user_id', 'role', 'status', 'created_at', 'accepted_at', 'credit'],
    count: library.scale.tracks / 20,
    rows: collaborators(library),
  },
]
