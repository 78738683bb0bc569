import { randomInt } from 'node:crypto'
import { createClient, readPlatform } from '../../../infra/local/client.ts'
import { connect } from '../../../lib/db/client.ts'
import { type LaunchedPlatform, launchPlatform } from '../../support/launch-platform.ts'
import { settingsOf } from '../../support/server.ts'
import { createProgress, type Progress } from '../progress.ts'
import { measureAnalysis } from './analysis.ts'
import { burstUploads, measureBurst } from './burst.ts'
import { formats, inDirectory, makeSongs } from './files.ts'
import { measureMemory, memorySteps } from './memory.ts'
import { countFiles, measureMetadata } from './metadata.ts'
import { measureReady, type Platform, readySteps } from './ready.ts'
import { measureScan, scanSteps } from './scan.ts'
import { type PartName, partNames, printSection, type Section, writeSection } from './section.ts'

export interface MediaOptions {
  /** The parts to measure, with commas between them; all of them when it is empty. */
  readonly only: string
  /** The page that the figures are written into; those of the README go with them. */
  readonly markdown: string | undefined
  /** Which was called, for the page. */
  readonly command: string
}

/** Scan, metadata, analysis and the whole pipeline, each against what else does it or against a goal. */
export async function measureMedia({ only, markdown, command }: MediaOptions): Promise<void> {
  const wanted = partsOf(only)
  const progress = createProgress()
  const tell = async (name: PartName, section: Section) => {
    printSection(section)
    if (markdown) await writeSection(markdown, name, section, command)
  }
  try {
    if (wanted.some((name) => name === 'scan' || name === 'metadata' || name === 'analysis'))
      await progress.step('songs to measure with', formats.length, makeSongs)
    const here = partsHere(progress)
    for (const name of wanted) {
      if (name in here) await tell(name, await here[name as keyof typeof here]())
    }
    if (wanted.includes('ready') || wanted.includes('burst'))
      await onPlatform(progress, async (platform) => {
        const there = partsThere(progress, platform)
        for (const name of wanted) {
          if (name in there) await tell(name, await there[name as keyof typeof there]())
        }
      })
  } finally {
    progress.stop()
  }
}

function partsOf(only: string): readonly PartName[] {
  const names = only.split(',').filter(Boolean)
  const unknown = names.find((name) => !partNames.some((one) => one === name))
  if (unknown) throw new Error(`There is no part ${unknown} of media: ${partNames.join(', ')}`)
  return partNames.filter((name) => names.length === 0 || names.includes(name))
}

const partsHere = ({ step }: Progress) => ({
  scan: () => step('scan', scanSteps, measureScan),
  metadata: async () => step('metadata', await countFiles(), measureMetadata),
  memory: () => step('memory', memorySteps, measureMemory),
  analysis: () => step('analysis', formats.length, measureAnalysis),
})

const partsThere = ({ step }: Progress, platform: Platform) => ({
  ready: () => step('from PUT to ready', readySteps, (tell) => measureReady(platform, tell)),
  burst: () => step('burst', burstUploads, (tell) => measureBurst(platform, tell)),
})

/** A platform of its own, with nothing in it. */
async function onPlatform(progress: Progress, work: (platform: Platform) => Promise<void>): Promise<void> {
  await inDirectory(async (directory) => {
    const launched: LaunchedPlatform = await progress.step('start of a platform', 1, () =>
      launchPlatform(directory),
    )
    try {
      const info = await readPlatform(launched.file)
      const sql = connect(settingsOf(info.database_url))
      await work({ client: createClient(info, { addressOf }), sql })
      await sql.end({ timeout: 5 })
    } finally {
      await launched.stop()
    }
  })
}

/** From everywhere, so that no caller's limit is what is measured. */
const addressOf = () => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
