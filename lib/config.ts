/** Reads a setting that must be there; called at the top of a handler, so that a bad deployment fails at start. */
export function requireEnv(
  name: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const value = env[name]
  if (!value) throw new Error(`The environment variable ${name} is not set`)
  return value
}

export function requireNumber(name: string): number {
  const value = Number(requireEnv(name))
  if (!Number.isFinite(value)) throw new Error(`The environment variable ${name} is not a number`)
  return value
}

/** A setting that may be left out; empty then. */
export const readText = (name: string): string => process.env[name] ?? ''

/** A comma-separated setting; empty when it is not set. */
export function readList(name: string): string[] {
  const items = (process.env[name] ?? '').split(',').map((item) => item.trim())
  return items.filter((item) => item !== '')
}
