import { Resolver } from 'node:dns/promises'
import { AttemptFailure } from './failure.ts'

/** All addresses of a name, those of IPv4 first. */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>

/**
 * Asks the name servers itself: the system's own function would also read the hosts file, could not be stopped, and
 * has four threads for all, which four names whose servers do not answer would hold up.
 */
export function createResolve({ servers }: { readonly servers?: readonly string[] } = {}): Resolve {
  return async (hostname, signal) => {
    const resolver = new Resolver({ timeout: 2_000, tries: 2 })
    if (servers) resolver.setServers(servers)
    const stop = () => resolver.cancel()
    signal.addEventListener('abort', stop)
    try {
      const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
      signal.throwIfAborted()
      // A family that nobody answered for is not called; what is called has been looked at.
      const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      if (addresses.length === 0) throw new AttemptFailure('dns_failed')
      return addresses
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
}
