import type { CommentRow } from './columns.ts'
import type { Comment } from './schemas.ts'

/** As usernames are, and not the middle of an address or a word; scripts without spaces need none before it. */
const mention = /(?<![\p{Script=Latin}\p{N}_@])@([a-z0-9_]{3,30})(?![\p{Script=Latin}\p{M}\p{N}_@])/giu

/** The names that a body calls, each once, in lower case. */
export const namesIn = (body: string): string[] => [
  ...new Set([...body.matchAll(mention)].map(([, name]) => name!.toLowerCase())),
]

/** With the names that people have by now in place of those that they had when they were called. */
export function withPresentNames<T extends CommentRow>(row: T): T & Comment {
  const present = new Map(row.mentions.map(({ written, username }) => [written, username]))
  const body = row.body.replace(mention, (text, name: string) => {
    const username = present.get(name.toLowerCase())
    return username === undefined || username === name.toLowerCase() ? text : `@${username}`
  })
  return { ...row, body, mentions: row.mentions.map(({ id, username }) => ({ id, username })) }
}
