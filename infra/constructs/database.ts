import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { type IGrantable, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseInsightsMode,
  DatabaseProxy,
  DefaultAuthScheme,
  ParameterGroup,
  ProxyTarget,
} from 'aws-cdk-lib/aws-rds'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { database, resourceName, type StageConfig } from '../config.ts'
import { acknowledge } from './acknowledge.ts'
import type { Network } from './network.ts'

/**
 * Aurora PostgreSQL behind RDS Proxy, with IAM from end to end: a function signs a token for the proxy, the
 * proxy one of its own for the cluster, and no password exists for `veza_app`.
 *
 * The first role: RDS creates `veza_admin` and keeps (and rotates) its password in a secret of its own.
 * `migrate` alone reads it, connects to the cluster directly, and creates `veza_app` with `rds_iam`.
 */
export class Database extends Construct {
  readonly cluster: DatabaseCluster
  readonly proxy: DatabaseProxy
  readonly adminSecret: ISecret

  constructor(
    scope: Construct,
    id: string,
    props: { readonly stage: StageConfig; readonly network: Network },
  ) {
    super(scope, id)
    this.cluster = this.createCluster(props.stage, props.network)
    this.adminSecret = this.cluster.secret!
    this.proxy = this.createProxy(props.stage, props.network)
  }

  /** `rds-db:connect` as the application's role, through the proxy only. */
  grantConnect(grantee: IGrantable) {
    this.proxy.grantConnect(grantee, database.appUser)
  }

  private createCluster(stage: StageConfig, network: Network) {
    const engine = DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_18_6 })
    const { minCapacity, maxCapacity, readers, backupDays } = stage.database
    const cluster = new DatabaseCluster(this, 'Cluster', {
      engine,
      writer: ClusterInstance.serverlessV2('Writer', { enablePerformanceInsights: true }),
      readers: Array.from({ length: readers }, (_, index) =>
        ClusterInstance.serverlessV2(`Reader${index + 1}`, {
          scaleWithWriter: true,
          enablePerformanceInsights: true,
        }),
      ),
      serverlessV2MinCapacity: minCapacity,
      serverlessV2MaxCapacity: maxCapacity,
      parameterGroup: new ParameterGroup(this, 'Parameters', {
        engine,
        parameters: { 'rds.force_ssl': '1', log_min_duration_statement: '1000' },
      }),
      vpc: network.vpc,
      vpcSubnets: network.databaseSubnets,
      securityGroups: [network.cluster],
      defaultDatabaseName: database.name,
      credentials: Credentials.fromUsername(database.adminUser),
      manageMasterUserPassword: true,
      iamAuthentication: true,
      storageEncrypted: true,
      backup: { retention: Duration.days(backupDays) },
      deletionProtection: stage.keepData,
      removalPolicy: stage.keepData ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
      copyTagsToSnapshot: true,
      enablePerformanceInsights: true,
      databaseInsightsMode: DatabaseInsightsMode.STANDARD,
    })
    if (!stage.keepData) {
      acknowledge(cluster, 'AwsSolutions-RDS10', 'This stage is taken down and rebuilt; its data may be lost')
    }
    return cluster
  }

  private createProxy(stage: StageConfig, network: Network) {
    const role = new Role(this, 'ProxyRole', { assumedBy: new ServicePrincipal('rds.amazonaws.com') })
    this.cluster.grantConnect(role, database.appUser)
    const proxy = new DatabaseProxy(this, 'Proxy', {
      dbProxyName: resourceName(stage, 'proxy'),
      proxyTarget: ProxyTarget.fromCluster(this.cluster),
      vpc: network.vpc,
      vpcSubnets: network.databaseSubnets,
      securityGroups: [network.proxy],
      role,
      defaultAuthScheme: DefaultAuthScheme.IAM_AUTH,
      requireTLS: true,
      // Below every function's timeout, so that overload is a quick 503 and not a hang.
      borrowTimeout: Duration.seconds(5),
      idleClientTimeout: Duration.minutes(15),
      maxConnectionsPercent: 80,
    })
    proxy.node.addDependency(role)
    return proxy
  }
}
