import { createHash } from 'node:crypto'
import * as z from 'zod/mini'

/** Under it in the bucket; it goes to a new set last, so that nobody sees half of one. */
export const manifestKey = 'definitions/current.json'

/** Named by their content: whoever has the name has these bytes, and what is in two sets is there once. */
export const fileKey = ({ sha256, name }: Pick<DefinitionFile, 'sha256' | 'name'>) =>
  `definitions/files/${sha256}/${name}`

/** The engine's own files are ~250 MB in all. */
const largestBytes = 2 * 1024 ** 3

/** Of the kinds that clamd loads, and what belongs to them. */
export const definitionName = /^[A-Za-z0-9][\w.-]{0,99}\.(cvd|cld|sign|h[dsp]b|[mn]db|ldb|yara|ign2|fp|sfp)$/

const definitionFile = z.object({
  name: z.string().check(z.regex(definitionName)),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  size_bytes: z.int().check(z.minimum(1), z.maximum(largestBytes)),
  /** As the mirror is told of it, so that it sends nothing that is there. */
  modified_at: z.iso.datetime(),
  /** When it was put into the bucket, which forgets what is old. */
  stored_at: z.iso.datetime(),
})
export type DefinitionFile = z.output<typeof definitionFile>

export const manifest = z
  .object({
    version: z.string().check(z.regex(/^[\w-]{1,60}$/)),
    /** When the newest of its files was made. */
    built_at: z.iso.datetime(),
    published_at: z.iso.datetime(),
    files: z.array(definitionFile).check(z.minLength(1), z.maxLength(50)),
  })
  .check(
    z.refine(({ files }) => files.reduce((sum, { size_bytes }) => sum + size_bytes, 0) <= largestBytes),
    z.refine(({ files }) => new Set(files.map(({ name }) => name)).size === files.length),
  )
export type Manifest = z.output<typeof manifest>

/** The same files are the same version, whoever fetched them. */
export function versionOf(files: readonly Pick<DefinitionFile, 'name' | 'sha256'>[], builtAt: Date): string {
  const lines = files.map(({ name, sha256 }) => `${sha256} ${name}\n`).sort()
  const digest = createHash('sha256').update(lines.join('')).digest('hex').slice(0, 12)
  return `${builtAt.toISOString().slice(0, 16).replaceAll(/\D/g, '')}-${digest}`
}
