import { words } from '../calls.ts'

/** Functions of DAX that compute over a model's tables and values, or say who asks and when (DAX function reference). */
export const daxFunctions: ReadonlySet<string> = new Set(
  words(`
  approximatedistinctcount average averagea averagex count counta countax countblank countrows countx distinctcount
  distinctcountnoblank max maxa maxx min mina minx product productx sum sumx
  calendar calendarauto date datediff datevalue day edate eomonth hour minute month networkdays now quarter second time
  timevalue today utcnow utctoday weekday weeknum year yearfrac
  all allcrossfiltered allexcept allnoblankrow allselected calculate calculatetable earlier earliest filter first index
  keepfilters last lookup lookupwithtotals lookupvalue matchby movingaverage next offset orderby partitionby previous
  range rank removefilters rownumber runningsum selectedvalue window collapse collapseall expand expandall isatlevel
  accrint accrintm amordegrc amorlinc coupdaybs coupdays coupdaysnc coupncd coupnum couppcd cumipmt cumprinc db ddb disc
  dollarde dollarfr duration effect fv intrate ipmt ispmt mduration nominal nper oddfprice oddfyield oddlprice
  oddlyield pduration pmt ppmt price pricedisc pricemat pv rate received rri sln syd tbilleq tbillprice tbillyield vdb
  xirr xnpv yield yielddisc yieldmat
  contains containsrow containsstring containsstringexact customdata hasonefilter hasonevalue isafter
  isblank iscrossfiltered isempty iserror iseven isfiltered isinscope islogical isnontext isnumber isodd isonorafter
  isselectedmeasure isstring issubtotal istext isboolean iscurrency isdatetime isdecimal isdouble isint64 isinteger
  isnumeric nonvisual selectedmeasure selectedmeasureformatstring selectedmeasurename userculture username
  userobjectid userprincipalname
  and bitand bitlshift bitor bitrshift bitxor coalesce false if if.eager iferror not or switch true
  abs acos acosh acot acoth asin asinh atan atanh ceiling convert cos cosh cot coth currency degrees divide even exp fact
  floor gcd int iso.ceiling lcm ln log log10 mod mround odd pi power quotient radians rand randbetween round rounddown
  roundup sign sin sinh sqrt sqrtpi tan tanh trunc
  blank error
  path pathcontains pathitem pathitemreverse pathlength
  crossfilter related relatedtable userelationship
  beta.dist beta.inv chisq.dist chisq.dist.rt chisq.inv chisq.inv.rt combin combina confidence.norm confidence.t
  expon.dist geomean geomeanx linest linestx median medianx norm.dist norm.inv norm.s.dist norm.s.inv percentile.exc
  percentile.inc percentilex.exc percentilex.inc permut poisson.dist rank.eq rankx sample sampleaxiswithlocalminmax
  samplecartesianpointsbycover stdev.p stdev.s stdevx.p stdevx.s t.dist t.dist.2t t.dist.rt t.inv t.inv.2t var.p var.s
  varx.p varx.s
  addcolumns addmissingitems crossjoin currentgroup datatable detailrows distinct except filters generate generateall
  generateseries groupby ignore intersect naturalinnerjoin naturalleftouterjoin rollup rollupaddissubtotal
  rollupgroup rollupissubtotal row selectcolumns substitutewithindex summarize summarizecolumns tocsv tojson topn
  topnskip topnperlevel treatas union values groupcrossapply groupcrossapplytable sampleaxis nameof
  combinevalues concatenate concatenatex exact find fixed format left len lower mid replace rept right search
  substitute trim unichar unicode upper value
  closingbalancemonth closingbalancequarter closingbalanceyear closingbalanceweek dateadd datesbetween datesinperiod
  datesmtd datesqtd datesytd dateswtd endofmonth endofquarter endofyear endofweek firstdate firstnonblank
  firstnonblankvalue lastdate lastnonblank lastnonblankvalue nextday nextmonth nextquarter nextyear nextweek
  openingbalancemonth openingbalancequarter openingbalanceyear openingbalanceweek parallelperiod previousday
  previousmonth previousquarter previousyear previousweek sameperiodlastyear startofmonth startofquarter startofyear
  startofweek totalmtd totalqtd totalytd totalwtd`),
)

/** Words that some functions take as an argument of their own, so that they name no table there. */
const wordsOf: Readonly<Record<string, string>> = {
  day: 'dateadd datesinperiod parallelperiod datediff',
  week: 'dateadd datesinperiod parallelperiod datediff',
  month: 'dateadd datesinperiod parallelperiod datediff',
  quarter: 'dateadd datesinperiod parallelperiod datediff',
  year: 'dateadd datesinperiod parallelperiod datediff',
  hour: 'datediff',
  minute: 'datediff',
  second: 'datediff',
  asc: 'topn topnskip rankx rank.eq concatenatex orderby rank tocsv sample substitutewithindex topnperlevel sampleaxis',
  desc: 'topn topnskip rankx rank.eq concatenatex orderby rank tocsv sample substitutewithindex topnperlevel sampleaxis',
  skip: 'rankx rank',
  dense: 'rankx rank',
  none: 'crossfilter',
  both: 'crossfilter',
  oneway: 'crossfilter',
  oneway_leftfiltersright: 'crossfilter',
  oneway_rightfiltersleft: 'crossfilter',
  rel: 'window',
  abs: 'window',
  first: 'orderby window offset index rank rownumber lookup',
  last: 'orderby window offset index rank rownumber lookup',
  default: 'window offset index rank rownumber',
  blanks: 'orderby window offset index rank rownumber',
  integer: 'convert datatable externalmeasure',
  int64: 'convert datatable',
  double: 'convert datatable',
  decimal: 'convert datatable',
  string: 'convert datatable',
  boolean: 'convert datatable',
  currency: 'convert datatable',
  datetime: 'convert datatable',
  alphabetical: 'iferror',
  text: 'rankx',
}

const argumentWords: ReadonlySet<string> = new Set(
  Object.entries(wordsOf).flatMap(([word, functions]) => words(functions).map((name) => `${name} ${word}`)),
)

/** Whether a word is such an argument of this function. */
export function isArgumentWord(name: string, word: string): boolean {
  return argumentWords.has(`${name} ${word}`)
}

/** Functions that give the rows of the argument at this place, perhaps fewer or with more columns. */
export const passedOn: ReadonlyMap<string, number> = new Map([
  ['filter', 0],
  ['calculatetable', 0],
  ['addcolumns', 0],
  ['selectcolumns', 0],
  ['topn', 1],
  ['topnskip', 2],
  ['sample', 1],
])

/** Functions whose further arguments are columns of what they give. */
export const projecting: ReadonlySet<string> = new Set(words('addcolumns selectcolumns row'))
