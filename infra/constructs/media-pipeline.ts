import { Size } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import type { Foundation } from './foundation.ts'
import { QueueWorker } from './queue-worker.ts'

/** From an upload to a described original, or to a picture drawn anew: scan, copy, look into it, listen to it. */
export class MediaPipeline extends Construct {
  readonly scan: QueueWorker
  readonly metadata: QueueWorker
  readonly analysis: QueueWorker
  private readonly on: Foundation

  constructor(scope: Construct, id: string, foundation: Foundation) {
    super(scope, id)
    this.on = foundation
    this.scan = this.createScan()
    this.metadata = this.createMetadata()
    this.analysis = this.createAnalysis()
  }

  /**
   * clamd holds ~1.2 GB of signatures and scans one file on one core, so 4 GB (2.3 vCPU) give it all it can use;
   * 10 GB would cost 2.5 times as much and scan no faster. A file passes through /tmp, up to 2 GiB, and what
   * is unpacked from it lies beside it.
   */
  private createScan() {
    const { stage, alarms, database, storage, events } = this.on
    const scan = new QueueWorker(this, 'scan-worker', {
      stage,
      alarms,
      database,
      name: 'scan-worker',
      image: true,
      memorySize: 4096,
      ephemeralStorage: Size.gibibytes(6),
      queue: storage.scanQueue,
      environment: {
        UPLOADS_BUCKET: storage.uploads.bucketName,
        MEDIA_BUCKET: storage.media.bucketName,
        SCAN_QUEUE_URL: storage.scanQueue.queue.queueUrl,
        DEFINITIONS_BUCKET: storage.definitions.bucketName,
        EVENTS_QUEUE_URL: events.queue.queueUrl,
      },
    })
    scan.allowObjects(
      ['s3:GetObjectVersion', 's3:DeleteObjectVersion', 's3:PutObjectVersionTagging'],
      storage.uploads,
      'uploads/',
    )
    // An original is written once; whoever finds it there asks which version it is.
    scan.allowObjects(
      ['s3:PutObject', 's3:GetObject', 's3:GetObjectVersion', 's3:PutObjectVersionTagging'],
      storage.media,
      'originals/',
    )
    scan.allowObjects(['s3:GetObject'], storage.definitions, 'definitions/')
    scan.grantSend(events.queue)
    return scan
  }

  /**
   * One queue, so one worker: two functions would take each other's messages, and S3 refuses a second queue under the
   * same prefix. A picture of 40 megapixels takes up to ~0.4 GB and one core, which 1769 MB give whole.
   */
  private createMetadata() {
    const { stage, alarms, database, storage, events } = this.on
    const metadata = new QueueWorker(this, 'metadata-worker', {
      stage,
      alarms,
      database,
      name: 'metadata-worker',
      memorySize: 1769,
      queue: storage.metadataQueue,
      environment: {
        UPLOADS_BUCKET: storage.uploads.bucketName,
        MEDIA_BUCKET: storage.media.bucketName,
        EVENTS_QUEUE_URL: events.queue.queueUrl,
        METADATA_QUEUE_URL: storage.metadataQueue.queue.queueUrl,
      },
    })
    metadata.allowObjects(['s3:GetObjectVersion'], storage.media, 'originals/')
    metadata.allowObjects(['s3:DeleteObjectVersion'], storage.media, 'originals/images/')
    metadata.allowObjects(['s3:PutObject'], storage.media, 'images/')
    // What is found in a clean file is scanned by itself before anybody sees it.
    metadata.allowObjects(['s3:PutObject'], storage.uploads, 'uploads/images/')
    metadata.grantSend(events.queue)
    return metadata
  }

  /**
   * ffmpeg and what listens to it take ~0.1 GB however long a file is, and two thirds of a core's time; one core hears
   * five minutes of music in a second. An MP3 is made in /tmp, 2.4 MB a minute.
   */
  private createAnalysis() {
    const { stage, alarms, database, storage, analysis: queue } = this.on
    const analysis = new QueueWorker(this, 'analysis-worker', {
      stage,
      alarms,
      database,
      name: 'analysis-worker',
      memorySize: 1769,
      ephemeralStorage: Size.gibibytes(2),
      queue,
      environment: {
        MEDIA_BUCKET: storage.media.bucketName,
        ANALYSIS_QUEUE_URL: queue.queue.queueUrl,
      },
    })
    // Of what was stored before versions were kept on record, none can be named.
    analysis.allowObjects(['s3:GetObject', 's3:GetObjectVersion'], storage.media, 'originals/')
    for (const prefix of ['waveforms/', 'previews/', 'licensed/']) {
      analysis.allowObjects(['s3:PutObject'], storage.media, prefix)
    }
    return analysis
  }
}
