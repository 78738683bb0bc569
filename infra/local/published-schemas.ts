import { readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { describeEvent, type PublicEventType, publicEventTypes } from '../../lib/public-events/catalogue.ts'
import { findBreaks, type Schema } from '../../lib/public-events/compatibility.ts'
import { schemaOf } from '../../lib/public-events/described.ts'

const folder = new URL('../../docs/event-schemas/', import.meta.url)

export const schemaFile = (type: PublicEventType) =>
  fileURLToPath(new URL(`${type}.${describeEvent(type).version}.json`, folder))

export const formatSchema = (type: PublicEventType) => `${JSON.stringify(schemaOf(type), undefined, 2)}\n`

/** As `type` and `version`. */
export async function listPublished(): Promise<{ readonly type: string; readonly version: string }[]> {
  const names = await readdir(folder)
  return names.sort().map((name) => {
    const [, type, version] = /^(.+)\.(\d{4}-\d{2}-\d{2})\.json$/.exec(name) ?? []
    if (!type || !version) throw new Error(`docs/event-schemas/${name} is no schema of an event`)
    return { type, version }
  })
}

export interface SchemaCheck {
  /** `new` and `extended` are to be written: npm run event-schemas. */
  readonly state: 'same' | 'new' | 'extended' | 'broken'
  /** In words, with what to do. */
  readonly breaks: readonly string[]
}

/** The schema of a type in the catalogue against the one that was published under its version. */
export async function checkSchema(type: PublicEventType): Promise<SchemaCheck> {
  const published = await readPublished(type)
  if (!published) return { state: 'new', breaks: [] }
  const breaks = findBreaks(published, schemaOf(type))
  if (breaks.length > 0) return { state: 'broken', breaks: breaks.map((what) => explain(type, what)) }
  const present: unknown = JSON.parse(formatSchema(type))
  return { state: isDeepStrictEqual(published, present) ? 'same' : 'extended', breaks: [] }
}

async function readPublished(type: PublicEventType): Promise<Schema | undefined> {
  try {
    return JSON.parse(await readFile(schemaFile(type), 'utf8')) as Schema
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

const explain = (type: PublicEventType, what: string) =>
  `${type} ${describeEvent(type).version}: ${what}. Take that back or make it optional; or give the event the version of today in the catalogue, and run npm run event-schemas.`

const guide = new URL('../../docs/events.md', import.meta.url)
const table = /(?<=\| type \| resource \| .+\n\|---\|---\|---\|\n)(?:\|.*\n)*/

/** Of the table in docs/events.md, as the catalogue has it. */
export const catalogueRows = () =>
  publicEventTypes.map((type) => {
    const { resource, description } = describeEvent(type)
    return `| \`${type}\` | ${resource} | ${description} |\n`
  })

export async function readGuideRows(): Promise<string[]> {
  const [rows = ''] = table.exec(await readFile(guide, 'utf8')) ?? []
  return rows.split(/(?<=\n)/)
}

export async function writeGuideRows(): Promise<void> {
  const text = await readFile(guide, 'utf8')
  await writeFile(
    guide,
    text.replace(table, () => catalogueRows().join('')),
  )
}
