import type { DefinitionStore } from '../aws/definition-store.ts'
import { logger } from '../logger.ts'
import { type Manifest, manifest, manifestKey } from './manifest.ts'

/** The set in force. None where nothing was published yet, or what was cannot be read: it is published anew. */
export async function readCurrent(store: Pick<DefinitionStore, 'read'>): Promise<Manifest | undefined> {
  const found = await store.read(manifestKey)
  return found && parse(found.bytes)
}

function parse(bytes: Uint8Array): Manifest | undefined {
  try {
    return manifest.parse(JSON.parse(Buffer.from(bytes).toString()))
  } catch (error) {
    logger.error('The manifest of the virus definitions cannot be read', { error: error as Error })
    return undefined
  }
}
