import { writeFile } from 'node:fs/promises'
import { publicEventTypes } from '../../lib/public-events/catalogue.ts'
import { checkSchema, formatSchema, schemaFile, writeGuideRows } from './published-schemas.ts'

/**
 * Writes the schemas of the catalogue to docs/event-schemas, where they are held, and its table into docs/events.md:
 * npm run event-schemas. What would change under its readers is refused, and needs a version of its own in the catalogue.
 */
const refused: string[] = []
for (const type of publicEventTypes) {
  const { state, breaks } = await checkSchema(type)
  if (state === 'broken') refused.push(...breaks)
  if (state === 'new' || state === 'extended') {
    await writeFile(schemaFile(type), formatSchema(type))
    console.log(`${state}: ${type}`)
  }
}
await writeGuideRows()
if (refused.length > 0) {
  console.error(refused.join('\n'))
  process.exitCode = 1
}
