import * as z from 'zod/mini'
import {
  type CommentRow,
  commentColumns,
  commentTables,
  isOnVisibleTrack,
  isReadable,
} from '../../comments/columns.ts'
import { withPresentNames } from '../../comments/mentions.ts'
import { comment as commentView } from '../../comments/schemas.ts'
import type { Db } from '../../db/client.ts'
import { person } from '../../users/person.ts'
import { definePublicEvent } from '../define.ts'
import { exampleTrack } from './track-data.ts'

const comment = z.extend(
  z.pick(commentView, {
    id: true,
    track_id: true,
    version_id: true,
    parent_id: true,
    thread_id: true,
    body: true,
    timestamp_ms: true,
    mentions: true,
    edited_at: true,
    created_at: true,
  }),
  { author: person },
)

interface Hearers {
  readonly author_id: string
  readonly artist_id: string
  /** Of what it answers. */
  readonly parent_author_id: string | null
}

async function findHearers(db: Db, commentId: string): Promise<string[]> {
  const [row] = await db<[Hearers?]>`
    select c.author_id, c.artist_id, p.author_id as parent_author_id
    from comments c
    left join comments p on p.id = c.parent_id and p.deleted_at is null
    where c.id = ${commentId} and c.deleted_at is null
  `
  if (!row) return []
  const { author_id, artist_id, parent_author_id } = row
  const isAnswer = parent_author_id !== null && parent_author_id !== author_id
  return [...new Set(isAnswer ? [artist_id, parent_author_id] : [artist_id])]
}

/** As the account reads it; undefined where it may not. */
async function findReadable(db: Db, commentId: string, account_id: string) {
  const viewer = { id: account_id }
  const [row] = await db<[CommentRow?]>`
    select ${commentColumns(db, viewer)}
    from ${commentTables(db, viewer)}
    where c.id = ${commentId} and ${isReadable(db, viewer)} and ${isOnVisibleTrack(db, viewer)}
  `
  if (!row?.author) return undefined
  return { ...withPresentNames(row), author: row.author }
}

const commentCreated = definePublicEvent({
  type: 'comment.created',
  version: '2026-12-01',
  description:
    'Somebody commented on a track, or answered a comment. As it stands by then; nobody is told of one that was deleted or hidden since, nor of somebody whom they have muted or blocked. To the owner of the track, of their own comments too, and to whoever wrote what is answered.',
  resource: 'comment',
  data: z.object({ comment }),
  example: {
    comment: {
      id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9b05',
      track_id: exampleTrack.id,
      version_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9b02',
      parent_id: null,
      thread_id: null,
      author: { id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9b06', username: 'ben', display_name: 'Ben' },
      body: 'That bass at the end!',
      timestamp_ms: 171_000,
      mentions: [],
      edited_at: null,
      created_at: '2026-12-01T09:00:00.000Z',
    },
  },
  build: async (db, { comment_id }) => {
    const tellings = []
    for (const account_id of await findHearers(db, comment_id)) {
      const found = await findReadable(db, comment_id, account_id)
      if (found) tellings.push({ account_id, data: { comment: found } })
    }
    return tellings
  },
})

export const commentEvents = [commentCreated] as const
