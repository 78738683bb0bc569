import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const run = promisify(execFile)

export interface Assembly {
  readonly directory: string
  readonly isCached: boolean
}

/** Synthesizes the local stage, unless it was before from the same sources: that takes seconds, knowing it does not. */
export async function synthesize(root: string, dataDir: string, signal: AbortSignal): Promise<Assembly> {
  const assemblies = path.join(dataDir, 'assemblies')
  const directory = path.join(assemblies, await sourceHash(root))
  if (existsSync(path.join(directory, 'manifest.json'))) return { directory, isCached: true }
  rmSync(assemblies, { recursive: true, force: true })
  await synthesizeTo(root, directory, signal)
  return { directory, isCached: false }
}

/** Not by the CLI, which costs a second more. Assets are used where they are built, so that a rebuild is seen. */
async function synthesizeTo(root: string, directory: string, signal: AbortSignal): Promise<void> {
  const { context } = JSON.parse(readFileSync(path.join(root, 'cdk.json'), 'utf8'))
  const local = { stage: 'local', 'aws:cdk:disable-asset-staging': true, 'aws:cdk:version-reporting': false }
  const partial = `${directory}.partial`
  try {
    await run(process.execPath, ['infra/app.ts'], {
      cwd: root,
      signal,
      env: {
        ...process.env,
        CDK_OUTDIR: partial,
        CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...local }),
        // CDK's own rules are checked by `npm test`; here they would double the time.
        CDK_VALIDATION: 'false',
      },
    })
  } catch (cause) {
    const { stderr = '' } = cause as { stderr?: string }
    throw new Error(`The template cannot be synthesized:\n${stderr.trim()}`, { cause })
  }

  renameSync(partial, directory)
}

/** Over the app's whole module graph, and over what it reads beside: its settings, packages, bundles and image. */
async function sourceHash(root: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['infra/app.ts'],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  })
  const hash = createHash('sha256')
    .update(root)
    .update(outputFiles[0]?.contents ?? '')
  for (const file of ['cdk.json', 'package.json', 'package-lock.json'])
    hash.update(readFileSync(path.join(root, file)))
  hash.update(readdirSync(path.join(root, 'dist')).join())
  for (const image of ['scan-worker', 'definitions-updater']) {
    const folder = path.join(root, 'functions', image, 'image')
    for (const name of readdirSync(folder).sort())
      hash.update(name).update(readFileSync(path.join(folder, name)))
  }
  return hash.digest('hex').slice(0, 16)
}
