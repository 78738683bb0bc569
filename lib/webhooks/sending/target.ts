import { isAllowedAddress } from '../address-rules.ts'
import { checkUrl, isLocal } from '../url-rules.ts'
import { AttemptFailure } from './failure.ts'
import type { Resolve } from './resolver.ts'

/** Where a webhook goes: what was vetted, and nothing else. */
export interface Target {
  readonly url: URL
  readonly addresses: readonly string[]
  readonly isAllowed: (address: string) => boolean
}

export interface TargetSettings {
  readonly resolve: Resolve
  readonly allowLocal: boolean
  readonly isAllowed?: typeof isAllowedAddress
}

/**
 * Looks at the URL again, for rules may have become stricter since it was entered, and at every address that its name
 * has now. One that is not allowed refuses all of them: nobody has both in honesty.
 */
export function createVet({ resolve, allowLocal, isAllowed = isAllowedAddress }: TargetSettings) {
  return async (text: string, signal: AbortSignal): Promise<Target> => {
    if (checkUrl(text, { allowLocal })) throw new AttemptFailure('address_not_allowed')
    const url = new URL(text)
    const local = isLocal(text)
    // This machine is only allowed where it is called by its address, not to a name that leads there.
    const rule = (address: string) => isAllowed(address, { allowLocal: local })
    const addresses = local ? [url.hostname] : await resolve(url.hostname, signal)
    if (!addresses.every(rule)) throw new AttemptFailure('address_not_allowed')
    return { url, addresses, isAllowed: rule }
  }
}
