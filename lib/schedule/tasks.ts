import { deleteOldSalts } from '../analytics/clients/salts.ts'
import { keepEventMonths, keepListenMonths } from '../analytics/expiry.ts'
import { keepListenerMonths } from '../analytics/rollups/months.ts'
import { keepAuditMonths } from '../audit/months.ts'
import { deleteExpiredEmailChanges, deleteExpiredEmailTokens } from '../auth/expiry.ts'
import { createFieldCipher } from '../auth/field-cipher.ts'
import type { LoadKeys } from '../auth/key-ring.ts'
import { createReseal } from '../auth/reseal.ts'
import type { DefinitionStore } from '../aws/definition-store.ts'
import type { JobQueue } from '../aws/job-queue.ts'
import type { ObjectStore } from '../aws/object-store.ts'
import { deleteExpiredEntries } from '../cache/postgres-cache.ts'
import { deleteExpiredMutes } from '../chat/expiry.ts'
import { foldCounts } from '../counts/counts.ts'
import { createCountRepair } from '../counts/repair.ts'
import { createDefinitionsWatch } from '../definitions/watch.ts'
import { createExportExpiry, failAbandonedExports } from '../exports/expiry.ts'
import { deleteExpiredChallenges, deleteUnfinishedFactors } from '../factors/expiry.ts'
import { sealedFactors } from '../factors/sealed.ts'
import { deleteExpiredKeys } from '../http/idempotency-expiry.ts'
import {
  createImageExpiry,
  deleteOldImageUploads,
  failStaleImageUploads,
  keepShown,
} from '../images/expiry.ts'
import { giveUpMp3s, requestDueMp3s } from '../license-files/mp3-requests.ts'
import { forgetOldTrouble } from '../mail-feedback/expiry.ts'
import { adoptUnanalysed, giveUpAnalyses, requestDueAnalyses } from '../media/analysis/requests.ts'
import { createRescanSweep, type RescanRules } from '../media/rescan/sweep.ts'
import { adoptLostJobs, sendDueJobs } from '../media/streams/prepare-jobs.ts'
import { failStuck, redeliverStuck } from '../media/watchdog.ts'
import { deleteOldNotices } from '../notices/expiry.ts'
import { sendDigests } from '../notifications/digests.ts'
import { deleteOldNotifications, deleteOldReadNotifications } from '../notifications/expiry.ts'
import { deleteExpiredInviteLinks } from '../playlists/invites-expiry.ts'
import { recountPlaylists } from '../playlists/recount.ts'
import { deleteOldWindows, keepPlayMonths } from '../plays/expiry.ts'
import { deleteOldRates } from '../plays/rates.ts'
import { deleteOldEvents, removeEndedEvents } from '../public-events/expiry.ts'
import { deleteExpiredRevocations } from '../revocations/expiry.ts'
import { countTags, markTop, rankTracks, refreshRenamed } from '../search/ranking.ts'
import { clearSpentSuccessors, deleteExpiredSessions } from '../sessions/expiry.ts'
import { createRemoval, purgeDueTracks } from '../tracks/purge.ts'
import { releaseDueTracks } from '../tracks/release.ts'
import { deleteOldClicks } from '../tracks/shares/expiry.ts'
import { removeSurplusVersions } from '../tracks/versions/retention.ts'
import { createUploadSweep, type UploadSweepDependencies } from '../uploads/sweep.ts'
import { buryDueAccount } from '../users/deletion.ts'
import { deleteExpiredUsernameHolds } from '../users/expiry.ts'
import {
  sealedOldWebhookSecrets,
  sealedWebhookHeaders,
  sealedWebhookSecrets,
} from '../webhooks/endpoints/sealed.ts'
import { createAnalyticsTasks } from './analytics-tasks.ts'
import { createMarketTasks, type MarketTaskDependencies } from './market-tasks.ts'
import type { Tasks } from './run-task.ts'
import { createWebhookTasks, type WebhookTaskDependencies } from './webhook-tasks.ts'

export interface TaskDependencies
  extends MarketTaskDependencies,
    Pick<WebhookTaskDependencies, 'webhookQueue' | 'loadWebhookKeys'> {
  readonly definitions: Pick<DefinitionStore, 'read'>
  readonly scanQueue: Pick<JobQueue, 'send'>
  readonly rescan: RescanRules
  /** Of what is sealed in single fields. */
  readonly loadFieldKeys: LoadKeys
  readonly exportStore: Pick<ObjectStore, 'remove'>
  readonly media: Pick<ObjectStore, 'remove'>
  readonly uploads: UploadSweepDependencies['uploads']
}

/** What runs by the clock. Each has a schedule of its name in infra/config.ts. */
export const createTasks = (dependencies: TaskDependencies) => {
  const { sql, definitions, scanQueue, rescan, loadFieldKeys, exportStore, media, uploads } = dependencies
  const sweep = createUploadSweep({ sql, uploads })
  const sealing = { db: sql, cipher: createFieldCipher({ loadKeys: loadFieldKeys }), loadKeys: loadFieldKeys }
  return {
    'expire-keys': {
      idempotency_keys: (now) => deleteExpiredKeys(sql, now),
    },
    'expire-notifications': {
      read: (now) => deleteOldReadNotifications(sql, now),
      unread: (now) => deleteOldNotifications(sql, now),
    },
    'expire-events': {
      old: (now) => deleteOldEvents(sql, now),
      ended: () => removeEndedEvents(sql),
    },
    'send-digests': {
      digests: (now) => sendDigests(sql, now),
    },
    'expire-mail-trouble': {
      addresses: (now) => forgetOldTrouble(sql, now),
    },
    'expire-cache': {
      entries: (now) => deleteExpiredEntries(sql, now),
    },
    'sweep-auth': {
      email_tokens: (now) => deleteExpiredEmailTokens(sql, now),
      email_changes: (now) => deleteExpiredEmailChanges(sql, now),
      challenges: (now) => deleteExpiredChallenges(sql, now),
      factors: (now) => deleteUnfinishedFactors(sql, now),
      username_holds: (now) => deleteExpiredUsernameHolds(sql, now),
      sessions: (now) => deleteExpiredSessions(sql, now),
      successors: (now) => clearSpentSuccessors(sql, now),
      notices: (now) => deleteOldNotices(sql, now),
      revocations: (now) => deleteExpiredRevocations(sql, now),
      chat_mutes: (now) => deleteExpiredMutes(sql, now),
    },
    'reseal-secrets': {
      totp_factors: createReseal(sealing, sealedFactors),
      webhook_secrets: createReseal(sealing, sealedWebhookSecrets),
      webhook_headers: createReseal(sealing, sealedWebhookHeaders),
      old_webhook_secrets: createReseal(sealing, sealedOldWebhookSecrets),
    },
    'keep-months': {
      audit_events: (now) => keepAuditMonths(sql, now),
      plays: (now) => keepPlayMonths(sql, now),
      listeners: (now) => keepListenerMonths(sql, now),
      analytics_events: (now) => keepEventMonths(sql, now),
      listens: (now) => keepListenMonths(sql, now),
    },
    'fold-counts': {
      deltas: () => foldCounts(sql),
    },
    'rank-tracks': {
      tracks: (now) => rankTracks(sql, now),
      renamed: () => refreshRenamed(sql),
    },
    'refresh-search': {
      top: () => markTop(sql),
      tags: () => countTags(sql),
    },
    'repair-counts': {
      subjects: createCountRepair({ sql }),
    },
    'watch-uploads': {
      hopeless: (now) => failStuck(sql, now),
      stuck: (now) => redeliverStuck(sql, now),
    },
    'prepare-streams': {
      lost: (now) => adoptLostJobs(sql, now),
      due: (now) => sendDueJobs(sql, now),
    },
    'analyse-versions': {
      lost: (now) => adoptUnanalysed(sql, now),
      spent: (now) => giveUpAnalyses(sql, now),
      due: (now) => requestDueAnalyses(sql, now),
      spent_mp3s: (now) => giveUpMp3s(sql, now),
      due_mp3s: (now) => requestDueMp3s(sql, now),
    },
    'sweep-uploads': {
      unheard: sweep.settleSome,
      unaborted: sweep.throwSomeAway,
    },
    'release-tracks': {
      tracks: (now) => releaseDueTracks(sql, now),
    },
    'rescan-versions': {
      definitions: createDefinitionsWatch(sql, definitions),
      asked: createRescanSweep({ sql, queue: scanQueue, rules: rescan }),
    },
    'purge-tracks': {
      tracks: (now) => purgeDueTracks(sql, now),
      versions: (now) => removeSurplusVersions(sql, now),
      objects: createRemoval({ sql, media }),
    },
    'sweep-plays': {
      windows: (now) => deleteOldWindows(sql, now),
      rates: (now) => deleteOldRates(sql, now),
      salts: (now) => deleteOldSalts(sql, now),
      clicks: (now) => deleteOldClicks(sql, now),
    },
    'delete-accounts': {
      accounts: (now) => buryDueAccount(sql, now),
    },
    'keep-playlists': {
      recounted: (now) => recountPlaylists(sql, now),
      invite_links: (now) => deleteExpiredInviteLinks(sql, now),
    },
    'expire-images': {
      stale_uploads: (now) => failStaleImageUploads(sql, now),
      old_uploads: (now) => deleteOldImageUploads(sql, now),
      kept: (now) => keepShown(sql, now),
      removed: createImageExpiry({ sql, media }),
    },
    'expire-exports': {
      expired: createExportExpiry({ sql, store: exportStore }),
      abandoned: (now) => failAbandonedExports(sql, now),
    },
    ...createMarketTasks(dependencies),
    ...createAnalyticsTasks(dependencies),
    ...createWebhookTasks({ ...dependencies, fieldCipher: sealing.cipher }),
  } satisfies Tasks
}
