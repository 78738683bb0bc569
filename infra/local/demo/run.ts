import { parseArgs, styleText } from 'node:util'
import { createClient, readPlatform } from '../client.ts'
import { demonstrateAuth } from './auth.ts'
import { demonstrateCatalogue } from './catalogue.ts'
import { demonstrateEvents } from './events/events.ts'
import { demonstrateMarketplace } from './marketplace/marketplace.ts'
import { demonstrateMedia } from './media.ts'
import { takeScreenshots } from './screenshots.ts'

/** `npm run demo [-- media|auth|catalogue|marketplace|events]`: what the platform does, shown through its public API only. */
const demos = {
  media: demonstrateMedia,
  auth: demonstrateAuth,
  catalogue: demonstrateCatalogue,
  marketplace: demonstrateMarketplace,
  events: demonstrateEvents,
  screenshots: takeScreenshots,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { platform: { type: 'string', default: '.local/platform.json' } },
})

await demonstrate(positionals[0] ?? 'media').catch((error: Error) => {
  const { code } = (error.cause ?? {}) as { code?: string }
  console.error(styleText('red', `\n${error.message}${code ? ` (${code})` : ''}`))
  process.exitCode = 1
})

async function demonstrate(name: string) {
  if (!Object.hasOwn(demos, name))
    throw new Error(`There is no demo ${name}: ${Object.keys(demos).join(', ')}`)
  await demos[name as keyof typeof demos](createClient(await readPlatform(values.platform)))
}
