declare module '*/esbuild.config.mjs' {
  export function buildAll(): Promise<void>
  /** Resolves to how to stop it. */
  export function watch(onBuilt: (changed: string[]) => void): Promise<() => Promise<void>>
}
