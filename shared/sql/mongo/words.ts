import type { Effect } from '../../backend/effect.ts'
import { words } from '../calls.ts'

/** A command's effect, the members that it may have, and what else there is to say. */
export interface Command {
  readonly effect: Effect
  readonly members: ReadonlySet<string>
}

const common = '$db $readPreference readConcern comment maxTimeMS apiVersion apiStrict apiDeprecationErrors'
const changing = 'writeConcern ordered bypassDocumentValidation let'

function command(effect: Effect, members: string): Command {
  return { effect, members: new Set(words(`${common} ${members}`)) }
}

/** Commands of MongoDB (Database Commands, MongoDB manual) that we know well enough to say what they touch. */
export const commands: ReadonlyMap<string, Command> = new Map([
  [
    'find',
    command(
      'read',
      `filter sort projection hint skip limit batchSize singleBatch max min returnKey showRecordId noCursorTimeout
       allowPartialResults collation allowDiskUse let`,
    ),
  ],
  [
    'aggregate',
    command('read', 'pipeline explain allowDiskUse cursor collation hint let bypassDocumentValidation writeConcern'),
  ],
  ['count', command('read', 'query limit skip hint collation')],
  ['distinct', command('read', 'key query collation hint')],
  ['listCollections', command('read', 'filter nameOnly authorizedCollections cursor')],
  ['listIndexes', command('read', 'cursor')],
  ['explain', command('read', 'verbosity')],
  ['insert', command('write', `documents ${changing}`)],
  ['update', command('write', `updates ${changing}`)],
  ['delete', command('delete', `deletes ${changing}`)],
  ...['findAndModify', 'findandmodify'].map(
    (name) =>
      [
        name,
        command(
          'write',
          `query sort remove update new fields upsert bypassDocumentValidation writeConcern collation arrayFilters hint let`,
        ),
      ] as const,
  ),
])

/** Commands that are only named: who may run them has to say so for the command's effect, never as a plain read. */
export const otherCommands: ReadonlyMap<string, readonly [effect: Effect, danger?: string]> = new Map<
  string,
  readonly [Effect, string?]
>([
  ...words('drop dropDatabase dropIndexes').map((name) => [name, ['delete']] as [string, [Effect]]),
  ...words('mapReduce mapreduce').map((name) => [name, ['admin', 'server_script']] as [string, [Effect, string]]),
  ...words('eval $eval').map((name) => [name, ['admin', 'server_script']] as [string, [Effect, string]]),
  ...words('create createIndexes collMod renameCollection convertToCapped cloneCollectionAsCapped compact reIndex').map(
    (name) => [name, ['admin']] as [string, [Effect]],
  ),
  ...words(
    `dbStats dbstats collStats collstats dataSize buildInfo buildinfo hello isMaster ping serverStatus hostInfo
    connectionStatus listDatabases listCommands usersInfo rolesInfo currentOp getLog getParameter top whatsmyuri
    getCmdLineOpts replSetGetStatus validate dbHash`,
  ).map((name) => [name, ['read', 'server_information']] as [string, [Effect, string]]),
])

/** Stages of a pipeline, by the way that each is read. */
export const stages: ReadonlyMap<string, string> = new Map([
  ...words('$match').map((name) => [name, 'filter'] as const),
  ...words('$sort').map((name) => [name, 'order'] as const),
  ...words('$project $addFields $set $replaceRoot $replaceWith $redact').map((name) => [name, 'make'] as const),
  ...words('$group $bucket $bucketAuto $sortByCount $unwind $setWindowFields $fill $densify $geoNear').map(
    (name) => [name, 'compare'] as const,
  ),
  ...words('$unset').map((name) => [name, 'forget'] as const),
  ...words('$limit $skip $sample $count').map((name) => [name, 'bound'] as const),
  ...words('$lookup $graphLookup').map((name) => [name, 'join'] as const),
  ['$unionWith', 'union'],
  ['$facet', 'facet'],
  ['$out', 'write'],
  ['$merge', 'write'],
  ...words('$search $searchMeta $vectorSearch').map((name) => [name, 'search'] as const),
  ['$documents', 'values'],
])

/** Stages that tell of the server or follow its changes. */
export const tellingStages: ReadonlySet<string> = new Set(
  words(`$changeStream $changeStreamSplitLargeEvent $collStats $currentOp $indexStats $listLocalSessions $listSessions
    $listSampledQueries $planCacheStats $queryStats $shardedDataDistribution $listClusterCatalog $listSearchIndexes`),
)

/** Operators that run code of the caller's on the server. */
export const scripts: ReadonlySet<string> = new Set(words('$where $function $accumulator $code $scope $eval'))

/** Operators of filters, expressions, accumulators and updates that compute from what they are given. */
export const operators: ReadonlySet<string> = new Set(
  words(`
  $eq $ne $gt $gte $lt $lte $in $nin $and $or $nor $not $exists $type $expr $jsonSchema $mod $regex $options $text
  $search $language $caseSensitive $diacriticSensitive $geoIntersects $geoWithin $near $nearSphere $box $center
  $centerSphere $geometry $maxDistance $minDistance $polygon $uniqueDocs $all $elemMatch $size $bitsAllClear $bitsAllSet
  $bitsAnyClear $bitsAnySet $comment $slice $meta $natural
  $abs $add $ceil $divide $exp $floor $ln $log $log10 $multiply $pow $round $sqrt $subtract $trunc $arrayElemAt
  $arrayToObject $concatArrays $filter $first $firstN $indexOfArray $isArray $last $lastN $map $maxN $minN $objectToArray
  $range $reduce $reverseArray $sortArray $zip $bitAnd $bitNot $bitOr $bitXor $cmp $cond $ifNull $switch $binarySize
  $bsonSize $dateAdd $dateDiff $dateFromParts $dateFromString $dateSubtract $dateToParts $dateToString $dateTrunc
  $dayOfMonth $dayOfWeek $dayOfYear $hour $isoDayOfWeek $isoWeek $isoWeekYear $millisecond $minute $month $second
  $toDate $week $year $literal $getField $setField $unsetField $rand $sampleRate $mergeObjects $allElementsTrue
  $anyElementTrue $setDifference $setEquals $setIntersection $setIsSubset $setUnion $concat $indexOfBytes $indexOfCP
  $ltrim $regexFind $regexFindAll $regexMatch $replaceOne $replaceAll $rtrim $split $strLenBytes $strLenCP $strcasecmp
  $substr $substrBytes $substrCP $toLower $toString $trim $toUpper $sin $cos $tan $asin $acos $atan $atan2 $asinh $acosh
  $atanh $sinh $cosh $tanh $degreesToRadians $radiansToDegrees $convert $isNumber $toBool $toDecimal $toDouble $toInt
  $toLong $toObjectId $toUUID $toHashedIndexKey $tsIncrement $tsSecond $let
  $addToSet $avg $bottom $bottomN $count $max $median $min $percentile $push $stdDevPop $stdDevSamp $sum $top $topN
  $covariancePop $covarianceSamp $denseRank $derivative $documentNumber $expMovingAvg $integral $linearFill $locf $rank
  $shift $each $position $sort $set $unset $inc $mul $rename $setOnInsert $currentDate $pop $pull $pullAll $bit
  $minMaxScaler`),
)

/** Values that JSON has no way to write (MongoDB Extended JSON v2). */
export const literals: ReadonlySet<string> = new Set(
  words(`$oid $date $numberInt $numberLong $numberDouble $numberDecimal $binary $uuid $timestamp $minKey $maxKey
    $regularExpression $undefined $symbol`),
)

/** Variables that stand for the whole document, and those that say when or whether. */
export const wholes: ReadonlySet<string> = new Set(words('ROOT CURRENT SEARCH_META USER_ROLES'))
export const plainVariables: ReadonlySet<string> = new Set(words('NOW CLUSTER_TIME REMOVE KEEP PRUNE DESCEND'))
