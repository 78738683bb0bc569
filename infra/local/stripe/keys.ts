import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { newId } from './ids.ts'

export interface StripeKeys {
  readonly secret_key: string
  readonly publishable_key: string
  readonly webhook_secret: string
}

/** Made on the first start, and kept as what they protect is. */
export function ensureStripeKeys(dataDir: string): StripeKeys {
  const file = path.join(dataDir, 'stripe', 'keys.json')
  if (!existsSync(file)) {
    const keys: StripeKeys = {
      secret_key: newId('sk_test', 48),
      publishable_key: newId('pk_test', 48),
      webhook_secret: newId('whsec', 32),
    }
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(keys), { mode: 0o600 })
  }
  return JSON.parse(readFileSync(file, 'utf8'))
}
