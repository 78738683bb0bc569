import { createHash } from 'node:crypto'

/**
 * Every set carries a signature of its own for these bytes. What the engine calls them says which set it has
 * loaded; an engine that does not know them has none, and must clear nothing.
 */
export const canary = Buffer.from('Which virus definitions are these?')

export const canaryFile = 'veza-set.hsb'

const sha256 = createHash('sha256').update(canary).digest('hex')

export const canarySignature = (version: string) =>
  `${sha256}:${canary.length}:Veza.Definitions.${version}:73\n`

/** Undefined for any other signature. The engine marks what is not its maker's. */
export const versionOfCanary = (signature: string) =>
  /^Veza\.Definitions\.([\w-]+)(\.UNOFFICIAL)?$/.exec(signature)?.[1]
