import { buildAll } from '../../../esbuild.config.mjs'
import { localDefinitionsPath } from '../local-definitions.ts'
import type { MediaKey } from '../media-key.ts'
import { originsOf } from '../ports.ts'
import type { StripeAccount } from '../stripe-account.ts'
import { synthesize } from '../synthesize.ts'
import { loadTemplate, type Template } from '../template.ts'
import type { Site } from './site.ts'

/** What would be deployed, told where everything is on this machine. */
export async function buildTemplate(
  { root, data, step, urls, ports, signal, definitionsMirror = '' }: Site,
  mediaKey: MediaKey,
  stripe: StripeAccount,
): Promise<Template> {
  await step('Bundles', () => buildAll())
  return step('Template', async (say) => {
    const { directory, isCached } = await synthesize(root, data.path, signal)
    say(isCached ? 'unchanged' : 'synthesized')
    const places = {
      frontDoorUrl: urls.frontDoor,
      apiUrl: urls.api,
      databaseHost: '127.0.0.1',
      databasePort: ports.database,
    }
    const parameters = {
      StreamServerUrl: urls.streamServer,
      MediaUrl: urls.media,
      MediaPublicKeyA: mediaKey.publicKey,
      DefinitionsMirror: definitionsMirror,
      DefinitionsUrls: `${urls.api}${localDefinitionsPath}`,
      CorsOrigins: originsOf(ports),
      StripeApiUrl: stripe.standIn ? urls.stripe : '',
    }
    return loadTemplate(directory, parameters, places)
  })
}
