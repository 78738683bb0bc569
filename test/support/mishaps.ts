import type { Sql } from '../../lib/db/client.ts'
import { addLibraryTrack } from './library.ts'
import { createPipeline, type PipelineOptions } from './pipeline.ts'
import { endOf, isAtRest } from './pipeline-end.ts'
import { createSteps, type Mishap, type Strike } from './steps.ts'
import { type SeedOptions, seedActor, seedUpload } from './tracks.ts'

/** Finds the test string, and nothing else. */
export const simpleClamd = {
  ready: async () => {},
  definitions: async () => 'first',
  async scan(source: AsyncIterable<Uint8Array>) {
    const chunks: Uint8Array[] = []
    for await (const chunk of source) chunks.push(chunk)
    const isInfected = Buffer.concat(chunks).includes('EICAR-STANDARD')
    return isInfected ? { verdict: 'infected' as const, signature: 'Eicar' } : { verdict: 'clean' as const }
  },
}

/**
 * A file that an editor of a track has sent, and that somebody else has too: whoever owns the track and the moderators
 * are to hear of it, once.
 */
export async function beginPipeline(sql: Sql, file: SeedOptions, options: Partial<PipelineOptions> = {}) {
  const pipeline = createPipeline(sql, { clamd: simpleClamd, ...options })
  const [actor, owner, stranger] = [await seedActor(sql), await seedActor(sql), await seedActor(sql)]
  const upload = await seedUpload(sql, pipeline, actor, file)
  const { track_id } = upload
  await sql`
    insert into track_collaborators (track_id, user_id, role, status)
    values (${track_id}, ${actor.id}, 'editor', 'accepted')
  `
  await sql`update tracks set owner_id = ${owner.id} where id = ${track_id}`
  const other = await addLibraryTrack(sql, stranger.id, { title: 'The same' })
  await sql`
    update track_versions set sha256 = encode(sha256(${file.file}), 'hex') where track_id = ${other}
  `
  return {
    pipeline,
    actor,
    owner,
    upload,
    settle: () => pipeline.settle(() => isAtRest(sql, upload)),
    end: () => endOf(sql, pipeline, upload),
  }
}

export async function passPipeline(sql: Sql, file: SeedOptions, strike?: Strike) {
  const steps = createSteps(strike)
  const { pipeline, upload, settle, end } = await beginPipeline(sql, file, { steps })
  pipeline.send('scan', upload.event)
  await settle()
  return { made: steps.made, end: await end() }
}

/** Has each call of an undisturbed run go wrong once, and expects the same end. Answers with the calls. */
export async function strikeEach(
  sql: Sql,
  file: SeedOptions,
  mishap: Mishap,
  isMeant: (call: string, index: number) => boolean = () => true,
) {
  const { made, end } = await passPipeline(sql, file)
  for (const [index, call] of made.entries()) {
    if (!isMeant(call, index)) continue
    const struck = await passPipeline(sql, file, { mishap, at: index + 1 })
    expect({ call, ...struck.end }).toEqual({ call, ...end })
  }
  return { made, end }
}
