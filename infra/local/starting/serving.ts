import { createControl } from '../control.ts'
import { createDemoPage } from '../demo-page.ts'
import { startEventSources } from '../event-sources.ts'
import { startGateway } from '../gateway/gateway.ts'
import { createLocalDefinitions, scheduleFirstUpdate } from '../local-definitions.ts'
import { makeListeners } from '../made-listeners.ts'
import { createMediaServer } from '../parts/media-server.ts'
import type { Part } from '../parts/part.ts'
import { createStreamServer } from '../parts/stream-server.ts'
import { createStripe } from '../parts/stripe.ts'
import { secretOf } from '../platform-info.ts'
import { startSchedules } from '../schedules.ts'
import type { StripeKeys } from '../stripe/keys.ts'
import type { StripeAccount } from '../stripe-account.ts'
import type { Compute } from './compute.ts'
import type { Services } from './services.ts'
import type { Site } from './site.ts'

/** What calls the functions: the gateway, the queues, the clock; and the peer servers. */
export async function startServing(
  site: Site,
  services: Services,
  compute: Compute,
  { standIn }: StripeAccount,
): Promise<Part[]> {
  const { data, log, step, closing, ports, urls } = site
  const { template, postgres, clamd, backEnds } = services
  const { functions, frontDoor, faults } = compute
  const streamServer = defineStreamServer(site, services)
  closing.service(streamServer.stop)
  const mediaServer = createMediaServer({
    template,
    objects: backEnds.objects,
    authorizeService: frontDoor.authorizeService,
    port: ports.media,
    logger: log.of('media'),
  })
  closing.service(mediaServer.stop)
  const stripe = standIn && defineStripe(site, standIn)
  if (stripe) closing.service(stripe.stop)
  const parts = [postgres, clamd, streamServer, mediaServer, ...(stripe ? [stripe] : [])]
  const upstream = {
    template,
    invoke: functions.invoke,
    authorize: frontDoor.authorize,
    logger: log.of('lambda'),
  }
  await step('Gateway, queues, schedules', async () => {
    await Promise.all([streamServer.start(), mediaServer.start()])
    const schedules = startSchedules(upstream)
    closing.serving(schedules.stop)
    if (site.definitionsMirror !== 'off') {
      closing.serving(scheduleFirstUpdate({ dataDir: data.path, schedules, logger: log.of('clamd') }))
    }
    const gateway = await startGateway({
      ...upstream,
      port: ports.api,
      verifyGatewayCall: frontDoor.verifyGatewayCall,
      page: createDemoPage({
        urls: { ...urls, mailbox: backEnds.mailbox.url },
        isWatching: site.isWatching ?? false,
      }),
      control: createControl({
        schedules,
        parts,
        faults,
        functions: functions.list,
        usage: frontDoor.usage,
        definitions: createLocalDefinitions(data.path),
        makeListeners: (userId) => makeListeners(postgres.url, userId),
      }),
      logger: log.of('gateway'),
    })
    closing.serving(gateway.close)
    // After the gateway, which it calls at once with what it has left to tell.
    await stripe?.start()
    closing.serving(startEventSources({ ...upstream, queues: backEnds.queues }).stop)
  })
  return parts
}

function defineStripe({ data, log, ports, urls }: Site, keys: StripeKeys) {
  return createStripe({
    dataDir: data.path,
    keys,
    port: ports.stripe,
    apiUrl: urls.api,
    logger: log.of('stripe'),
  })
}

function defineStreamServer({ data, log, ports, urls }: Site, services: Services) {
  return createStreamServer({
    dataDir: data.path,
    port: ports.streamServer,
    apiUrl: urls.api,
    credentials: services.principals.caller('stream_server'),
    secrets: {
      streamUrl: secretOf(services, 'STREAM_URL_SECRET_ARN'),
      streamJob: secretOf(services, 'STREAM_JOB_SECRET_ARN'),
    },
    logger: log.of('stream-server'),
  })
}
