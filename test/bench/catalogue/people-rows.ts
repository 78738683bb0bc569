import { createChance } from './chance.ts'
import { isKeenFollower, type Library, makeId, timeAt, userId, usernameOf } from './library.ts'
import type { Load } from './load.ts'
import { wordOf } from './words.ts'

function* users({ scale }: Library) {
  const chance = createChance(1)
  for (let index = 0; index < scale.users; index++) {
    const at = new Date(timeAt(index, scale.users))
    const name = `${wordOf(chance)} ${wordOf(chance)}`
    yield [userId(index), usernameOf(index), name.slice(0, 60), `u${index}@example.test`, at, 'x', at, at]
  }
}

/** Each user follows some of the busiest artists, a viewer twenty, and the first users a great many. */
function* follows({ scale, isViewer, isApart }: Library) {
  const chance = createChance(4)
  let made = 0
  for (let index = 0; index < scale.users; index++) {
    for (const other of followedBy(index)) {
      if (isApart(index, other)) continue
      yield [makeId('follow', made++, timeAt(index, scale.users)), userId(index), userId(other)]
    }
  }

  function followedBy(index: number): Set<number> {
    const isKeen = isKeenFollower(index)
    const wanted = isKeen
      ? Math.min(5_000, scale.users / 4)
      : isViewer(index)
        ? 20
        : 1 + chance.below(Math.min(19, scale.users / 10))
    const followed = new Set<number>()
    while (followed.size < wanted) {
      const other = isKeen ? chance.below(scale.users) : chance.skewed(scale.users)
      if (other !== index) followed.add(other)
    }
    return followed
  }
}

function* relations(kind: 'block' | 'mute', pairs: Library['blocks']) {
  for (const [made, [one, other]] of pairs.entries()) yield [makeId(kind, made), userId(one), userId(other)]
}

export const peopleLoads = (library: Library): readonly Load[] => [
  {
    table: 'users',
    columns: [
      'id',
      'username',
      'display_name',
      'email',
      'email_verified_at',
      'password_hash',
      'created_at',
      'updated_at',
    ],
    count: library.scale.users,
    rows: users(library),
  },
  {
    table: 'follows',
    columns: ['id', 'follower_id', 'followed_id'],
    count: library.scale.users * 10,
    rows: follows(library),
  },
  {
    table: 'blocks',
    columns: ['id', 'blocker_id', 'blocked_id'],
    count: library.blocks.length,
    rows: relations('block', library.blocks),
  },
  {
    table: 'mutes',
    columns: ['id', 'muter_id', 'muted_id'],
    count: library.mutes.length,
    rows: relations('mute', library.mutes),
  },
]
