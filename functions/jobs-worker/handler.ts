import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createMailer } from '../../lib/aws/mailer.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { createQueueWorker } from '../../lib/aws/queue-worker.ts'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createEventConsumer } from '../../lib/event-consumer.ts'
import { bothOf } from '../../lib/event-jobs.ts'
import { createReceipts } from '../../lib/event-receipts.ts'
import { createExportMaker } from '../../lib/exports/maker.ts'
import { createNotificationMails } from '../../lib/mail/notification-mails.ts'
import { createPostman } from '../../lib/mail/postman.ts'
import { createMailService } from '../../lib/mail/service.ts'
import { createTradeMails } from '../../lib/mail/trade-mails.ts'
import { createWebhookMails } from '../../lib/mail/webhook-mails.ts'
import { createMailFeedback } from '../../lib/mail-feedback/feedback.ts'
import { createAnalysisSender } from '../../lib/media/analysis/messages.ts'
import { createRedelivery } from '../../lib/media/redelivery.ts'
import { createPrepareService } from '../../lib/media/streams/prepare-service.ts'
import { createStreamServer } from '../../lib/media/streams/stream-server.ts'
import { createSameFileReports } from '../../lib/moderation/same-file.ts'
import { createDelivery } from '../../lib/notifications/delivery.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createPublisher } from '../../lib/public-events/publisher.ts'
import { sendToStripeQueue } from '../../lib/stripe/messages.ts'
import { createTradeNews } from '../../lib/trade-news/news.ts'
import { fanOut } from '../../lib/webhooks/deliveries/fan-out.ts'
import { createWebhookNews } from '../../lib/webhooks/deliveries/news.ts'
import { composeDispatch } from '../webhook-dispatch.ts'

const sql = connect(databaseSettings())
const secrets = createSecrets()

const relay = createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) })
const mailing = {
  sql,
  post: createPostman({
    sql,
    mailer: createMailer({
      from: requireEnv('MAIL_FROM'),
      configurationSet: requireEnv('MAIL_CONFIGURATION_SET'),
    }),
    appUrl: requireEnv('APP_URL'),
    apiUrl: requireEnv('API_URL'),
  }),
  appUrl: requireEnv('APP_URL'),
}
const mail = createMailService(mailing)
const notificationMails = createNotificationMails(mailing)

const streams = createPrepareService({
  sql,
  streamServer: createStreamServer({
    url: requireEnv('STREAM_SERVER_URL'),
    secrets,
    jobSecretId: requireEnv('STREAM_JOB_SECRET_ARN'),
  }),
})

const sendAnalysis = createAnalysisSender(createJobQueue(requireEnv('ANALYSIS_QUEUE_URL')))
const redeliver = createRedelivery({
  sql,
  scanQueue: createJobQueue(requireEnv('SCAN_QUEUE_URL')),
  metadataQueue: createJobQueue(requireEnv('METADATA_QUEUE_URL')),
})

const stripeQueue = createJobQueue(requireEnv('STRIPE_QUEUE_URL'))

const reportSameFile = createSameFileReports({ sql })

const makeExport = createExportMaker({
  sql,
  store: createObjectStore(requireEnv('EXPORTS_BUCKET')),
  relay,
})

const { dispatcher } = composeDispatch(sql, secrets)
const publisher = createPublisher({ sql, fanOut, dispatchSoon: dispatcher.dispatchSoon })

export const handler = createQueueWorker({
  queueUrl: requireEnv('EVENTS_QUEUE_URL'),
  handleMessage: createEventConsumer({
    receipts: createReceipts({ sql, consumer: 'jobs' }),
    jobs: {
      'mail.verify_email': ({ user_id }) => mail.sendVerification(user_id),
      'mail.account_exists': ({ user_id }) => mail.sendAccountExists(user_id),
      'mail.reset_password': ({ user_id }) => mail.sendPasswordReset(user_id),
      'mail.email_change': ({ user_id, notice_id }) => mail.sendEmailChange(user_id, notice_id),
      'mail.security_notice': ({ notice_id }) => mail.sendSecurityNotice(notice_id),
      'mail.account_suspended': ({ user_id }) => mail.sendAccountSuspended(user_id),
      'mail.export_ready': ({ user_id, export_id }) => mail.sendExportReady(user_id, export_id),
      'mail.version_withdrawn': ({ user_id, version_id }) => mail.sendVersionWithdrawn(user_id, version_id),
      'mail.licensed_file_withdrawn': ({ user_id, version_id }) =>
        mail.sendLicensedFileWithdrawn(user_id, version_id),
      'mail.notification': notificationMails.sendOne,
      'mail.digest': notificationMails.sendDigest,
      'mail.feedback': createMailFeedback({ sql, relay }),
      'account.export': ({ export_id }) => makeExport(export_id),
      'notification.add': createDelivery({ sql, relay }),
      'moderation.same_file': ({ version_id }) => reportSameFile(version_id),
      'upload.redeliver': ({ upload_id }) => redeliver(upload_id),
      'stream.prepare': streams.prepare,
      'track.analyse': ({ version_id }) => sendAnalysis({ version_id, work: 'analysis' }),
      'track.make_mp3': ({ version_id }) => sendAnalysis({ version_id, work: 'mp3' }),
      'stripe.call': (call) => sendToStripeQueue(stripeQueue, [call]),
      'mail.trade': createTradeMails(mailing),
      'mail.webhook_notice': createWebhookMails(mailing),
      ...createWebhookNews({ sql, relay, dispatcher }),
      ...bothOf(createTradeNews({ sql, relay }), publisher),
    },
  }),
})
