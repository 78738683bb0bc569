import { readFile } from 'node:fs/promises'
import { routeGroups } from '../../functions/routes.ts'
import { toOpenApi } from '../../lib/http/openapi.ts'

/** Prints the OpenAPI document: npm run openapi. */
const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
const document = toOpenApi({ title: 'Veza API', version }, routeGroups)
// Whoever reads it (head, less) may have seen enough before its end.
process.stdout.once('error', () => process.exit())
process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`)
