"use strict";(()=>{var j=`# What every page has.

frame-skip = Skip to content
frame-nav = Main
frame-menu = Menu
frame-home = Home
frame-streams = Streams
frame-codes = Access codes
frame-server = Server
frame-go-live = Go live
frame-account = { $initials }: account of { $name }
frame-your-account = Your account
frame-appearance = Appearance:
frame-appearance-system = as the system
frame-appearance-light = light
frame-appearance-dark = dark
frame-log-out = Log out
frame-log-in = Log in
frame-copy = Copy
frame-copied = Copied
frame-show = Show
frame-hide = Hide
frame-here = You are here
`;var K=`# What scripts of pages say, beside the words that the server's pages use too.

script-began = { $title } is live
script-ended = { $title } is not live any more
`;var zt="media-server.events",Vt="media-server.events";function Gt(t,e=""){let[n="",r=""]=t.split(":"),o=e===""?"":`?${e}`;return n==="watch"?`/api/watch/${r}${o}`:n==="stream"?`/api/streams/${r}/status${o}`:`/api/${n}${o}`}async function Ie(t){let n=(await t.json().catch(()=>{}))?.reason;return typeof n=="string"?{state:"not_allowed",reason:n}:{state:"not_allowed"}}function Yt(t){return[...new Set([...t].flat())].sort()}function Xt(t){try{return typeof BroadcastChannel>"u"?void 0:new BroadcastChannel(t)}catch{return}}var le=class{#e;#s=crypto.randomUUID?.()??String(Math.random());#r=new Map;#t=new Map;#o=new Map;#d;#n;#c="";#a;#u;#p;#h;#g;#v;constructor(e=""){this.#e=e,this.#d=Xt(Vt+e),this.#d?.addEventListener("message",n=>this.#S(n.data)),document.addEventListener("visibilitychange",()=>this.#w()),addEventListener("pagehide",()=>this.#E()),addEventListener("pageshow",()=>this.#w())}follow(e,n){let r=this.#r.get(e)??new Set;r.add(n),this.#r.set(e,r);let o=this.#t.get(e);return o&&n(o.data,o.now),this.#w(),()=>{r.delete(n),r.size===0&&(this.#r.delete(e),this.#t.delete(e)),this.#w()}}#y(){return document.visibilityState==="visible"?[...this.#r.keys()]:[]}#w(){let e=this.#y();if(this.#m({kind:"want",tab:this.#s,topics:e}),e.length===0){this.#E();return}this.#a?this.#f():this.#u||this.#L()}#L(){if(!navigator.locks){this.#a=()=>{},this.#f();return}let e=new AbortController;this.#u=e,navigator.locks.request(zt+this.#e,{signal:e.signal},()=>{if(this.#u=void 0,this.#y().length!==0)return new Promise(n=>{this.#a=n,this.#o.clear(),this.#m({kind:"who"}),this.#f()})}).catch(()=>{e.signal.aborted||(this.#u=void 0,this.#a=()=>{},this.#f())})}#E(){this.#m({kind:"want",tab:this.#s,topics:[]}),this.#u?.abort(),this.#u=void 0;for(let e of[this.#p,this.#h,this.#g,this.#v])clearTimeout(e);this.#n?.close(),this.#n=void 0,this.#c="",this.#a?.(),this.#a=void 0,this.#t.clear()}#S(e){if(e.kind==="said"&&this.#$(e.topic,e.data,e.now),e.kind==="stale"&&this.#A(),e.kind==="who"&&this.#m({kind:"want",tab:this.#s,topics:this.#y()}),e.kind==="want"&&this.#a){e.topics.length===0?this.#o.delete(e.tab):this.#o.set(e.tab,e.topics);for(let n of e.topics){let r=this.#t.get(n);r&&this.#m({kind:"said",topic:n,...r})}this.#f()}}#f(){clearTimeout(this.#v),this.#v=setTimeout(()=>this.#x(),this.#n?150:0)}#T(){let e=navigator.locks&&this.#d?this.#o.values():[];return Yt([this.#y(),...e])}#x(){let e=this.#T();if(e.length===0||this.#n&&e.join()===this.#c)return;this.#n?.close(),clearTimeout(this.#g),this.#c=e.join();let n=new EventSource(`/api/events?topics=${e.join(",")}${this.#e===""?"":`&${this.#e}`}`);this.#n=n;for(let r of e)n.addEventListener(r,o=>{this.#b(),this.#k(r,JSON.parse(o.data),Number(o.lastEventId)||Date.now())});n.addEventListener("open",()=>this.#b()),n.addEventListener("ping",()=>this.#b()),n.addEventListener("error",()=>this.#l(n)),this.#i(n)}#b(){clearTimeout(this.#h),this.#h=void 0,this.#n&&this.#i(this.#n)}#i(e){clearTimeout(this.#p),this.#p=setTimeout(()=>this.#l(e),4e4)}#l(e){e===this.#n&&(e.close(),clearTimeout(this.#p),this.#n=void 0,this.#g=setTimeout(()=>this.#f(),15e3),this.#h===void 0&&this.#M())}async#M(){let e=!1;for(let n of this.#T())try{let r=await fetch(Gt(n,this.#e),{headers:{accept:"application/json"},signal:AbortSignal.timeout(5e3)});if(!this.#a||this.#n)return;[401,403,404].includes(r.status)?this.#k(n,await Ie(r),Date.now()):r.ok&&this.#k(n,await r.json(),Date.parse(r.headers.get("date")??"")||Date.now()),e||=r.status<500}catch{}e||(this.#m({kind:"stale"}),this.#A()),this.#a&&!this.#n&&(this.#h=setTimeout(()=>{this.#M()},3e3))}#k(e,n,r){this.#t.set(e,{data:n,now:r}),this.#m({kind:"said",topic:e,data:n,now:r}),this.#$(e,n,r)}#$(e,n,r){let o=this.#r.get(e);if(o){this.#t.set(e,{data:n,now:r});for(let i of o)i(n,r)}}#A(){for(let e of this.#r.values())for(let n of e)n(void 0,Date.now())}#m(e){this.#d?.postMessage(e)}},He=new Map;function P(t,e,n=""){let r=He.get(n)??new le(n);return He.set(n,r),r.follow(t,e)}var ue=new AbortController;typeof document<"u"&&document.addEventListener("page-left",()=>{ue.abort(),ue=new AbortController});function z(){return ue.signal}function V(t,e){let n=setInterval(t,e);C(()=>clearInterval(n))}function C(t){z().addEventListener("abort",t,{once:!0})}function Pe(t){document.addEventListener("page-came",t)}var De=`# Figures with their units; the space before a unit does not break.

unit-just-now = just now
unit-ms = { $n }{"\\u00A0"}ms
unit-s = { $n }{"\\u00A0"}s
unit-min = { $n }{"\\u00A0"}min
unit-h = { $n }{"\\u00A0"}h
unit-h-min = { $h }{"\\u00A0"}h { $min }{"\\u00A0"}min
unit-d = { $n }{"\\u00A0"}d
unit-d-h = { $d }{"\\u00A0"}d { $h }{"\\u00A0"}h
unit-kbps = { $n }{"\\u00A0"}kb/s
unit-mbps = { $n }{"\\u00A0"}Mb/s
unit-kb = { $n }{"\\u00A0"}kB
unit-mb = { $n }{"\\u00A0"}MB
unit-gb = { $n }{"\\u00A0"}GB
unit-tb = { $n }{"\\u00A0"}TB
unit-fps = { $n }{"\\u00A0"}fps
unit-yesterday = Yesterday { $time }
unit-day = { $day } { $month } { $year }
    .near = { $day } { $month }
unit-month-1 = January
unit-month-2 = February
unit-month-3 = March
unit-month-4 = April
unit-month-5 = May
unit-month-6 = June
unit-month-7 = July
unit-month-8 = August
unit-month-9 = September
unit-month-10 = October
unit-month-11 = November
unit-month-12 = December
unit-moment = { $day } { $month }, { $time } UTC
    .year = { $day } { $month } { $year }, { $time } UTC
`;var k=class{constructor(e){this.value=e}valueOf(){return this.value}},f=class extends k{constructor(e="???"){super(e)}toString(e){return`{${this.value}}`}},E=class extends k{constructor(e,n={}){super(e),this.opts=n}toString(e){if(e)try{return e.memoizeIntlObject(Intl.NumberFormat,this.opts).format(this.value)}catch(n){e.reportError(n)}return this.value.toString(10)}},M=class t extends k{static supportsValue(e){if(typeof e=="number"||e instanceof Date)return!0;if(e instanceof k)return t.supportsValue(e.valueOf());if("Temporal"in globalThis){let n=globalThis.Temporal;if(e instanceof n.Instant||e instanceof n.PlainDateTime||e instanceof n.PlainDate||e instanceof n.PlainMonthDay||e instanceof n.PlainTime||e instanceof n.PlainYearMonth)return!0}return!1}constructor(e,n={}){e instanceof t?(n={...e.opts,...n},e=e.value):e instanceof k&&(e=e.valueOf()),typeof e=="object"&&"calendarId"in e&&n.calendar===void 0&&(n={...n,calendar:e.calendarId}),super(e),this.opts=n}[Symbol.toPrimitive](e){return e==="string"?this.toString():this.toNumber()}toNumber(){let e=this.value;if(typeof e=="number")return e;if(e instanceof Date)return e.getTime();if("epochMilliseconds"in e)return e.epochMilliseconds;if("toZonedDateTime"in e)return e.toZonedDateTime("UTC").epochMilliseconds;throw new TypeError("Unwrapping a non-number value as a number")}toString(e){if(e)try{return e.memoizeIntlObject(Intl.DateTimeFormat,this.opts).format(this.value)}catch(n){e.reportError(n)}return typeof this.value=="number"||this.value instanceof Date?new Date(this.value).toISOString():this.value.toString()}};var Oe=100,Jt="⁨",Qt="⁩";function en(t,e,n){if(n===e||n instanceof E&&e instanceof E&&n.value===e.value)return!0;if(e instanceof E&&typeof n=="string"){let r=t.memoizeIntlObject(Intl.PluralRules,e.opts).select(e.value);if(n===r)return!0}return!1}function Re(t,e,n){return e[n]?D(t,e[n].value):(t.reportError(new RangeError("No default")),new f)}function fe(t,e){let n=[],r=Object.create(null);for(let o of e)o.type==="narg"?r[o.name]=q(t,o.value):n.push(q(t,o));return{positional:n,named:r}}function q(t,e){switch(e.type){case"str":return e.value;case"num":return new E(e.value,{minimumFractionDigits:e.precision});case"var":return tn(t,e);case"mesg":return nn(t,e);case"term":return rn(t,e);case"func":return on(t,e);case"select":return sn(t,e);default:return new f}}function tn(t,{name:e}){let n;if(t.params)if(Object.prototype.hasOwnProperty.call(t.params,e))n=t.params[e];else return new f(`$${e}`);else if(t.args&&Object.prototype.hasOwnProperty.call(t.args,e))n=t.args[e];else return t.reportError(new ReferenceError(`Unknown variable: $${e}`)),new f(`$${e}`);if(n instanceof k)return n;switch(typeof n){case"string":return n;case"number":return new E(n);case"object":if(M.supportsValue(n))return new M(n);default:return t.reportError(new TypeError(`Variable type not supported: $${e}, ${typeof n}`)),new f(`$${e}`)}}function nn(t,{name:e,attr:n}){let r=t.bundle._messages.get(e);if(!r)return t.reportError(new ReferenceError(`Unknown message: ${e}`)),new f(e);if(n){let o=r.attributes[n];return o?D(t,o):(t.reportError(new ReferenceError(`Unknown attribute: ${n}`)),new f(`${e}.${n}`))}return r.value?D(t,r.value):(t.reportError(new ReferenceError(`No value: ${e}`)),new f(e))}function rn(t,{name:e,attr:n,args:r}){let o=`-${e}`,i=t.bundle._terms.get(o);if(!i)return t.reportError(new ReferenceError(`Unknown term: ${o}`)),new f(o);if(n){let l=i.attributes[n];if(l){t.params=fe(t,r).named;let d=D(t,l);return t.params=null,d}return t.reportError(new ReferenceError(`Unknown attribute: ${n}`)),new f(`${o}.${n}`)}t.params=fe(t,r).named;let a=D(t,i.value);return t.params=null,a}function on(t,{name:e,args:n}){let r=t.bundle._functions[e];if(!r)return t.reportError(new ReferenceError(`Unknown function: ${e}()`)),new f(`${e}()`);if(typeof r!="function")return t.reportError(new TypeError(`Function ${e}() is not callable`)),new f(`${e}()`);try{let o=fe(t,n);return r(o.positional,o.named)}catch(o){return t.reportError(o),new f(`${e}()`)}}function sn(t,{selector:e,variants:n,star:r}){let o=q(t,e);if(o instanceof f)return Re(t,n,r);for(let i of n){let a=q(t,i.key);if(en(t,o,a))return D(t,i.value)}return Re(t,n,r)}function he(t,e){if(t.dirty.has(e))return t.reportError(new RangeError("Cyclic reference")),new f;t.dirty.add(e);let n=[],r=t.bundle._useIsolating&&e.length>1;for(let o of e){if(typeof o=="string"){n.push(t.bundle._transform(o));continue}if(t.placeables++,t.placeables>Oe)throw t.dirty.delete(e),new RangeError(`Too many placeables expanded: ${t.placeables}, max allowed is ${Oe}`);r&&n.push(Jt),n.push(q(t,o).toString(t)),r&&n.push(Qt)}return t.dirty.delete(e),n.join("")}function D(t,e){return typeof e=="string"?t.bundle._transform(e):he(t,e)}var G=class{constructor(e,n,r){this.dirty=new WeakSet,this.params=null,this.placeables=0,this.bundle=e,this.errors=n,this.args=r}reportError(e){if(!this.errors||!(e instanceof Error))throw e;this.errors.push(e)}memoizeIntlObject(e,n){let r=this.bundle._intls.get(e);r||(r={},this.bundle._intls.set(e,r));let o=JSON.stringify(n);return r[o]||(r[o]=new e(this.bundle.locales,n)),r[o]}};function me(t,e){let n=Object.create(null);for(let[r,o]of Object.entries(t))e.includes(r)&&(n[r]=o.valueOf());return n}var qe=["unitDisplay","currencyDisplay","useGrouping","minimumIntegerDigits","minimumFractionDigits","maximumFractionDigits","minimumSignificantDigits","maximumSignificantDigits"];function Fe(t,e){let n=t[0];if(n instanceof f)return new f(`NUMBER(${n.valueOf()})`);if(n instanceof E)return new E(n.valueOf(),{...n.opts,...me(e,qe)});if(n instanceof M)return new E(n.toNumber(),{...me(e,qe)});throw new TypeError("Invalid argument to NUMBER")}var an=["dateStyle","timeStyle","fractionalSecondDigits","dayPeriod","hour12","weekday","era","year","month","day","hour","minute","second","timeZoneName"];function We(t,e){let n=t[0];if(n instanceof f)return new f(`DATETIME(${n.valueOf()})`);if(n instanceof M||n instanceof E)return new M(n,me(e,an));throw new TypeError("Invalid argument to DATETIME")}var Be=new Map;function Ue(t){let e=Array.isArray(t)?t.join(" "):t,n=Be.get(e);return n===void 0&&(n=new Map,Be.set(e,n)),n}var F=class{constructor(e,{functions:n,useIsolating:r=!0,transform:o=i=>i}={}){this._terms=new Map,this._messages=new Map,this.locales=Array.isArray(e)?e:[e],this._functions={NUMBER:Fe,DATETIME:We,...n},this._useIsolating=r,this._transform=o,this._intls=Ue(e)}hasMessage(e){return this._messages.has(e)}getMessage(e){return this._messages.get(e)}addResource(e,{allowOverrides:n=!1}={}){let r=[];for(let o=0;o<e.body.length;o++){let i=e.body[o];if(i.id.startsWith("-")){if(n===!1&&this._terms.has(i.id)){r.push(new Error(`Attempt to override an existing term: "${i.id}"`));continue}this._terms.set(i.id,i)}else{if(n===!1&&this._messages.has(i.id)){r.push(new Error(`Attempt to override an existing message: "${i.id}"`));continue}this._messages.set(i.id,i)}}return r}formatPattern(e,n=null,r=null){if(typeof e=="string")return this._transform(e);let o=new G(this,r,n);try{return he(o,e).toString(o)}catch(i){if(o.errors&&i instanceof Error)return o.errors.push(i),new f().toString(o);throw i}}};var pe=/^(-?[a-zA-Z][\w-]*) *= */gm,je=/\.([a-zA-Z][\w-]*) *= */y,dn=/\*?\[/y,ge=/(-?[0-9]+(?:\.([0-9]+))?)/y,cn=/([a-zA-Z][\w-]*)/y,Ke=/([$-])?([a-zA-Z][\w-]*)(?:\.([a-zA-Z][\w-]*))?/y,ln=/^[A-Z][A-Z0-9_-]*$/,Y=/([^{}\n\r]+)/y,un=/([^\\"\n\r]*)/y,ze=/\\([\\"])/y,Ve=/\\u([a-fA-F0-9]{4})|\\U([a-fA-F0-9]{6})/y,fn=/^\n+/,Ge=/ +$/,hn=/ *\r?\n/g,mn=/( *)$/,pn=/{\s*/y,Ye=/\s*}/y,gn=/\[\s*/y,yn=/\s*] */y,wn=/\s*\(\s*/y,vn=/\s*->\s*/y,bn=/\s*:\s*/y,En=/\s*,?\s*/y,Sn=/\s+/y,W=class{constructor(e){this.body=[],pe.lastIndex=0;let n=0;for(;;){let s=pe.exec(e);if(s===null)break;n=pe.lastIndex;try{this.body.push(d(s[1]))}catch(c){if(c instanceof SyntaxError)continue;throw c}}function r(s){return s.lastIndex=n,s.test(e)}function o(s,c){if(e[n]===s)return n++,!0;if(c)throw new c(`Expected ${s}`);return!1}function i(s,c){if(r(s))return n=s.lastIndex,!0;if(c)throw new c(`Expected ${s.toString()}`);return!1}function a(s){s.lastIndex=n;let c=s.exec(e);if(c===null)throw new SyntaxError(`Expected ${s.toString()}`);return n=s.lastIndex,c}function l(s){return a(s)[1]}function d(s){let c=p(),h=y();if(c===null&&Object.keys(h).length===0)throw new SyntaxError("Expected message value or attributes");return{id:s,value:c,attributes:h}}function y(){let s=Object.create(null);for(;r(je);){let c=l(je),h=p();if(h===null)throw new SyntaxError("Expected attribute value");s[c]=h}return s}function p(){let s;if(r(Y)&&(s=l(Y)),e[n]==="{"||e[n]==="}")return v(s?[s]:[],1/0);let c=Ne();return c?s?v([s,c],c.length):(c.value=ce(c.value,fn),v([c],c.length)):s?ce(s,Ge):null}function v(s=[],c){for(;;){if(r(Y)){s.push(l(Y));continue}if(e[n]==="{"){s.push(b());continue}if(e[n]==="}")throw new SyntaxError("Unbalanced closing brace");let L=Ne();if(L){s.push(L),c=Math.min(c,L.length);continue}break}let h=s.length-1,N=s[h];typeof N=="string"&&(s[h]=ce(N,Ge));let R=[];for(let L of s)L instanceof X&&(L=L.value.slice(0,L.value.length-c)),L&&R.push(L);return R}function b(){i(pn,SyntaxError);let s=m();if(i(Ye))return s;if(i(vn)){let c=Ft();return i(Ye,SyntaxError),{type:"select",selector:s,...c}}throw new SyntaxError("Unclosed placeable")}function m(){if(e[n]==="{")return b();if(r(Ke)){let[,s,c,h=null]=a(Ke);if(s==="$")return{type:"var",name:c};if(i(wn)){let N=de();if(s==="-")return{type:"term",name:c,attr:h,args:N};if(ln.test(c))return{type:"func",name:c,args:N};throw new SyntaxError("Function names must be all upper-case")}return s==="-"?{type:"term",name:c,attr:h,args:[]}:{type:"mesg",name:c,attr:h}}return Ae()}function de(){let s=[];for(;;){switch(e[n]){case")":return n++,s;case void 0:throw new SyntaxError("Unclosed argument list")}s.push(qt()),i(En)}}function qt(){let s=m();return s.type!=="mesg"?s:i(bn)?{type:"narg",name:s.name,value:Ae()}:s}function Ft(){let s=[],c=0,h;for(;r(dn);){o("*")&&(h=c);let N=Wt(),R=p();if(R===null)throw new SyntaxError("Expected variant value");s[c++]={key:N,value:R}}if(c===0)return null;if(h===void 0)throw new SyntaxError("Expected default variant");return{variants:s,star:h}}function Wt(){i(gn,SyntaxError);let s;return r(ge)?s=_e():s={type:"str",value:l(cn)},i(yn,SyntaxError),s}function Ae(){if(r(ge))return _e();if(e[n]==='"')return Bt();throw new SyntaxError("Invalid expression")}function _e(){let[,s,c=""]=a(ge),h=c.length;return{type:"num",value:parseFloat(s),precision:h}}function Bt(){o('"',SyntaxError);let s="";for(;;){if(s+=l(un),e[n]==="\\"){s+=Ut();continue}if(o('"'))return{type:"str",value:s};throw new SyntaxError("Unclosed string literal")}}function Ut(){if(r(ze))return l(ze);if(r(Ve)){let[,s,c]=a(Ve),h=parseInt(s||c,16);return h<=55295||57344<=h?String.fromCodePoint(h):"�"}throw new SyntaxError("Unknown escape sequence")}function Ne(){let s=n;switch(i(Sn),e[n]){case".":case"[":case"*":case"}":case void 0:return!1;case"{":return Ce(e.slice(s,n))}return e[n-1]===" "?Ce(e.slice(s,n)):!1}function ce(s,c){return s.replace(c,"")}function Ce(s){let c=s.replace(hn,`
`),h=mn.exec(s)[1].length;return new X(c,h)}}},X=class{constructor(e,n){this.value=e,this.length=n}};var Tn="áƀćđéƒǵĥíĵķĺḿńóṕɋŕśţúṽŵẋýź",xn="ÁɃĆĐÉƑǴĤÍĴĶĹḾŃÓṔɊŔŚŢÚṼŴẊÝŹ";function Ln(t){return t.replace(/[a-zA-Z]/g,e=>{let n=e>="a",r=e.charCodeAt(0)-(n?97:65);return[...n?Tn:xn][r]??e})}function g(t,e=Xe()){let n=new F("en-GB",{useIsolating:!1,...e==="en-XA"?{transform:Ln}:{}});for(let r of t)n.addResource(new W(r));return(r,o)=>{let[i="",a]=r.split("."),l=n.getMessage(i),d=a===void 0?l?.value:l?.attributes[a];return d?n.formatPattern(d,o):r}}function H(){let t=Xe();return t===""||t==="en"||t==="en-XA"?"en-GB":t}function Xe(){return typeof document>"u"?"en":document.documentElement.lang}var S=g([De]);function ye(t){let e=Math.max(0,Math.floor(t)),n=Math.floor(e/60),r=Math.floor(n/60),o=Math.floor(r/24);return o>0?r%24>0?S("unit-d-h",{d:`${o}`,h:`${r%24}`}):S("unit-d",{n:`${o}`}):r>0?n%60>0?S("unit-h-min",{h:`${r}`,min:`${n%60}`}):S("unit-h",{n:`${r}`}):n>0?S("unit-min",{n:`${n}`}):S("unit-s",{n:`${e}`})}function Ze(t){return t<60?S("unit-just-now"):ye(t)}function Je(t){let e=Math.max(0,t);return e<9.95?Z(e,1):e<59.5?Z(e,0):kn(e)}function Z(t,e){return S("unit-s",{n:t.toFixed(e)})}function kn(t){let e=Math.max(0,Math.round(t)),n=i=>String(i).padStart(2,"0"),r=Math.floor(e/3600),o=Math.floor(e/60)%60;return r>0?`${r}:${n(o)}:${n(e%60)}`:`${o}:${n(e%60)}`}function A(t){let e=t/1e6;return e<.9995?S("unit-kbps",{n:`${Math.round(t/1e3)}`}):S("unit-mbps",{n:e<9.95?e.toFixed(1):`${Math.round(e)}`})}function Qe(t){let[e,n]=t<1e6?["unit-kb",t/1e3]:t<1e9?["unit-mb",t/1e6]:t<1e12?["unit-gb",t/1e9]:["unit-tb",t/1e12];return S(e,{n:n<9.95?n.toFixed(1):`${Math.round(n)}`})}function we(t){return S("unit-fps",{n:`${Number(t.toFixed(2))}`})}function w(t){return Math.round(t).toLocaleString(H())}function et(t,e,n){let r=n===void 0?{}:{timeZone:n},o=d=>d.toLocaleDateString("en-CA",r),i=t.toLocaleTimeString(H(),{...r,hour:"2-digit",minute:"2-digit"});if(o(t)===o(e))return i;if(o(t)===o(new Date(e.getTime()-864e5)))return S("unit-yesterday",{time:i});let a=o(t).slice(0,4)===o(e).slice(0,4);return`${t.toLocaleDateString(H(),{...r,day:"numeric",month:"long",...a?{}:{year:"numeric"}})} ${i}`}function tt(t,e){let n=e===void 0?{}:{timeZone:e};return t.toLocaleDateString(H(),{...n,day:"numeric",month:"long",year:"numeric"})}function nt(t,e,n){let r=n===void 0?{}:{timeZone:n},o=a=>a.toLocaleDateString("en-CA",r).slice(0,4);return`${t.toLocaleDateString(H(),{...r,day:"numeric",month:"long",...o(t)===o(e)?{}:{year:"numeric"}})}, ${t.toLocaleTimeString(H(),{...r,hour:"2-digit",minute:"2-digit"})}`}function rt(t){let e=(n,r)=>n===null?"–":r(n);return{live:w(t.streams.length),viewers:w(t.viewers.hls+t.viewers.webrtc),sending:e(t.sending_bit_rate,A),receiving:A(t.bit_rate),memory:e(t.memory_bytes,Qe),files:e(t.open_files,w)}}function ot(t){let e=document.querySelector("[data-server-page]");if(!e)return;let n=!1,r=P("server",o=>{let i=e.querySelector("[data-stale]"),a=o,l=a!==void 0&&"streams"in a;e.classList.toggle("stale",!l),i&&(i.hidden=l),l&&(Mn(e,a),a.key!==e.dataset.serverPage&&!n&&(n=!0,$n(e,t).finally(()=>n=!1)))});C(r)}function Mn(t,e){for(let[n,r]of Object.entries(rt(e))){let o=t.querySelector(`[data-tile="${n}"]`),[i="",a=""]=r.split(" ");B(o?.querySelector("[data-number]"),i),B(o?.querySelector("[data-unit]"),a)}for(let n of e.streams){let r=t.querySelector(`[data-stream="${CSS.escape(n.slug)}"]`);B(r?.querySelector("[data-bit-rate]"),A(n.bit_rate)),B(r?.querySelector("[data-viewers-count]"),w(n.viewers.hls+n.viewers.webrtc))}}async function $n(t,e){let n=await An();if(n){t.dataset.serverPage=n.dataset.serverPage??"";for(let r of t.querySelectorAll("[data-part]")){let o=n.querySelector(`[data-part="${r.dataset.part??""}"]`);if(!o)continue;if(r.dataset.part==="tiles"){let a=o.querySelectorAll(".verdict");r.querySelectorAll(".verdict").forEach((l,d)=>B(l,a[d]?.textContent??""));continue}let i=r.contains(document.activeElement)?document.activeElement?.getAttribute("href"):null;r.replaceWith(document.adoptNode(o)),e(o),i&&o.querySelector(`a[href="${CSS.escape(i)}"]`)?.focus()}}}async function An(){try{let t=await fetch(location.href,{headers:{accept:"text/html"}});return t.ok?new DOMParser().parseFromString(await t.text(),"text/html").querySelector("[data-server-page]")??void 0:void 0}catch{return}}function B(t,e){t&&t.textContent!==e&&(t.textContent=e)}function it(){document.addEventListener("click",t=>{if(t.defaultPrevented||t.button!==0||t.metaKey||t.ctrlKey||t.shiftKey||t.altKey)return;let e=t.target instanceof Element?t.target.closest("a[data-ask]"):null;e&&(t.preventDefault(),_n(e.href))})}async function _n(t){let e=await Nn(t),n=e?.querySelector("h1");if(!e||!n){location.href=t;return}let r=document.createElement("dialog");r.className="dialog small",r.setAttribute("aria-labelledby","question-h"),e.querySelector("#question-about")&&r.setAttribute("aria-describedby","question-about");let o=document.createElement("h2");o.id="question-h",o.textContent=n.textContent,n.remove();let i=document.createElement("header");i.append(o);let a=document.createElement("div");a.className="body",a.append(e),r.append(i,a);let l=e.querySelector("[data-no]");l?.addEventListener("click",d=>{d.preventDefault(),r.close()}),r.addEventListener("close",()=>r.remove()),document.body.append(r),r.showModal(),(e.querySelector("input:not([type=hidden])")??l)?.focus()}async function Nn(t){try{let e=await fetch(t,{headers:{accept:"text/html"}});if(!e.ok||e.redirected)return;let r=new DOMParser().parseFromString(await e.text(),"text/html").querySelector("[data-question]");return r?document.adoptNode(r):void 0}catch{return}}var st=`# Access codes: the list, one code, making and changing one, and the question before one is deleted.

codes-title = Access codes
    .about = A code opens what you choose for anyone who has it, without an account.
codes-new = New code
codes-none = No code yet
    .about = A code opens what you choose for anyone who has it, without an account.
codes-none-so = No code is in this state.
codes-yours = Your codes
codes-more = Show more
codes-unnamed = Code of { $day }

codes-filter = Show
codes-filter-all = All
codes-filter-active = Active
codes-filter-not_yet = Not yet
codes-filter-paused = Paused
codes-filter-expired = Ended

codes-code = Code
codes-opens = Opens
codes-state = State
codes-ends = Ends
codes-opened = Opened
codes-watching = Watching
codes-last = Last used

codes-state-active = Active
codes-state-paused = Paused
codes-state-expired = Ended
codes-state-not-yet = Starts { $when }

codes-streams = { $count ->
    [one] 1 stream
   *[other] { $count } streams
 }
codes-videos = { $count ->
    [one] 1 video
   *[other] { $count } videos
 }
codes-images = { $count ->
    [one] 1 image
   *[other] { $count } images
 }
codes-nothing = nothing any more
codes-times = { $count ->
    [one] 1 time
   *[other] { $count } times
 }
codes-never = never
codes-in = in { $time }
codes-ago = { $time } ago
codes-not-used = not yet

codes-kind-stream = Stream
codes-kind-video = Video
codes-kind-image = Image

# One code.

codes-pause = Pause
codes-resume = Resume
codes-change = Change
codes-delete = Delete
codes-use = How it is used
codes-use-times = { $count ->
    [one] time
   *[other] times
 }
codes-use-in-all = { $count } in all
codes-use-now = Watching now
codes-watched = Watched
codes-days = Opened per day
    .last = Last { $days } days
    .today = Today
    .label = Opened per day in the last { $days } days: { $low } to { $high }, most on { $day }
codes-use-of = of { $max }
codes-items = Opens only these
    .none = Everything that it opened was deleted. Add something, or delete the code.
codes-items-add = Add
codes-items-remove = Remove
    .label = Remove { $title }
codes-items-last = A code opens at least one thing: delete the code to close this too.
codes-give = Give it to people
codes-give-which = What they come to
    .button = Show
codes-give-code = Code
    .show = Show code
    .copy = Copy code
codes-give-link = Link
    .copy = Copy link
codes-give-qr = QR code of the link
codes-give-save = Save the QR code
codes-give-lost = The code cannot be read again: the key that sealed it is gone from this server. It still works for who has it; make a new one to hand it out.
codes-give-not = It opens nothing now, so there is no link to give.
codes-limits = Limits
codes-limits-starts = Starts
    .now = at once
codes-limits-viewers = At the same time
    .count = { $count ->
    [one] 1 viewer
   *[other] { $count } viewers
 }
    .any = no limit
codes-limits-sites = Websites
    .any = as each item says
codes-limits-download = Download
    .yes = allowed
    .no = as each item says
codes-saved = Saved. It holds already.
codes-made = Made. Copy the link and give it to people.
codes-conflict = Somebody changed it meanwhile. This is how it is now; change it again if you still want to.
codes-weak = This code can be guessed
    .about = It was chosen and has fewer than { $advised } characters. Wrong tries are slowed down, but a code that the server makes cannot be guessed at all.
codes-past = This code has ended and opens nothing. Change its end to open again what it is for.

# Making and changing one.

codes-form-name = Name
    .hint = For your own lists: for whom it is, or what for.
codes-form-how = The code itself
codes-form-made = Made for you
    .about = It cannot be guessed, and you can read it again at any time.
codes-form-chosen = Chosen by you
    .about = People can guess it. { $advised } characters or more are safer.
codes-form-code = Your code
    .hint = { $min } to { $max } letters from a to z, capitals, digits, “-”, “_”, “.” and “~”.
codes-form-items = What it opens
    .none = You have nothing to share yet: make a stream, or upload a video or an image.
codes-form-find = Find by title or address
    .button = Find
codes-form-found = { $count ->
    [0] Nothing found
    [one] 1 found
   *[other] { $count } found
 }
codes-form-many = Only the first { $max } are shown. Find others by their title.
codes-form-starts = Starts
    .hint = Nothing chosen: at once.
codes-form-ends = Ends
codes-form-ends-never = Never
codes-form-ends-day = In a day
codes-form-ends-week = In a week
codes-form-ends-month = In 30 days
codes-form-ends-year = In a year
codes-form-ends-at = At this time
codes-form-ends-time = Time of the end
codes-form-zone = The time is that of { $zone }.
    .utc = The time is UTC.
codes-form-viewers = Viewers at the same time
    .hint = Nothing typed: any number.
codes-form-sites = Websites that may embed it
    .hint = One a line, such as school.example. Nothing typed: as each item says.
codes-form-download = Allow download
codes-form-note = Note
    .hint = Only you read it.
codes-form-make = Make the code
codes-form-save = Save
codes-form-cancel = Cancel
codes-form-wrong = Nothing was saved. Look at what is marked below.

codes-wrong-text-long = It can have { $max } characters at most.
codes-wrong-text-control = It holds a character that cannot be shown, such as a line break. Type it again.
codes-wrong-code-short = Choose { $min } characters or more.
codes-wrong-code-long = Choose { $max } characters at most.
codes-wrong-code-character = Use letters from a to z, capitals, digits, “-”, “_”, “.” and “~” only.
codes-wrong-code-taken = This code is taken. Choose another.
codes-wrong-items-none = Choose at least one thing that it opens.
codes-wrong-items-gone = “{ $name }” is not yours any more, or was deleted. Choose again.
codes-wrong-items-many = A code opens { $max } things at most.
codes-wrong-time = Choose a day and a time.
codes-wrong-ends-first = It would end before it starts. Choose a later end.
codes-wrong-viewers = Type a whole number from 1 to { $max }.
codes-wrong-site = “{ $which }” is no website. Write it as school.example or https://school.example, without a path.
codes-wrong-sites-many = Name { $max } websites at most.
codes-wrong-many = You have { $max } codes, as many as one person can. Delete one first.

codes-ask-delete = Delete “{ $name }”?
    .about = { $watching ->
    [0] The link stops working on every page that embeds it. This cannot be undone. To stop it for a while, pause it.
    [one] The one person who watches with it now is cut off within a second, and the link stops working on every page that embeds it. This cannot be undone. To stop it for a while, pause it.
   *[other] The { $watching } people who watch with it now are cut off within a second, and the link stops working on every page that embeds it. This cannot be undone. To stop it for a while, pause it.
 }
    .yes = Delete the code
    .no = Keep it
`;var Hn=g([st]);function at(){for(let e of document.querySelectorAll("form[data-at-once]")){let n=e.querySelector("button");n&&(n.hidden=!0),e.addEventListener("change",()=>e.requestSubmit())}let t=document.querySelector("form[data-code-form]");t&&(In(t),Pn(t),Rn(t))}function In(t){let e=()=>{let n=new FormData(t);for(let r of t.querySelectorAll("[data-when]")){let[o="",i=""]=(r.dataset.when??"").split("=");r.hidden=n.get(o)!==i}};e(),t.addEventListener("change",e)}function Pn(t){let e=[...t.querySelectorAll("input[data-utc]")],n=Intl.DateTimeFormat().resolvedOptions().timeZone;for(let r of e)r.value=Dn(r.value);for(let r of t.querySelectorAll("[data-zone]"))r.textContent=Hn("codes-form-zone",{zone:n});t.addEventListener("formdata",({formData:r})=>{for(let o of e)r.set(o.name,On(o.value))})}function Dn(t){let e=new Date(`${t}Z`);return Number.isNaN(e.getTime())?t:new Date(e.getTime()-e.getTimezoneOffset()*6e4).toISOString().slice(0,16)}function On(t){let e=new Date(t);return Number.isNaN(e.getTime())?t:e.toISOString()}function Rn(t){let e=t.querySelector("[data-filter]"),n=e?.querySelector("input"),r=document.getElementById(e?.dataset.filter??"");!e||!n||!r||(e.hidden=!1,n.addEventListener("input",()=>{for(let o of r.querySelectorAll("label")){let i=o.querySelector("input")?.checked===!0;o.hidden=!i&&!qn(o.textContent??"",n.value)}}),n.addEventListener("keydown",o=>{o.key==="Enter"&&o.preventDefault()}))}function qn(t,e){let n=t.toLowerCase();return e.toLowerCase().split(/\s+/).every(r=>n.includes(r))}var ve=g([j]),Fn="YOUR-KEY",Wn=2e3;function J(t,e){for(let n of t.querySelectorAll("button[data-copy]"))n.hidden=!1,n.addEventListener("click",()=>{Bn(n,e)})}async function Bn(t,e){let n=document.getElementById(t.dataset.copy??"");if(!n||!await jn(n))return;let r=t.querySelector("span");t.classList.add("done"),r&&(r.textContent=ve("frame-copied")),e(ve("frame-copied")),setTimeout(()=>{t.classList.remove("done"),r&&(r.textContent=ve("frame-copy"))},Wn)}function Un(t,e){return e===void 0?t:t.replaceAll(Fn,e)}async function jn(t){let e=document.getElementById("stream-key"),n=t instanceof HTMLInputElement?t.value:Un(t.textContent??"",e instanceof HTMLInputElement?e.value:void 0);try{return await navigator.clipboard.writeText(n),!0}catch{return Kn(n)}}function Kn(t){let e=document.createElement("textarea");e.value=t,e.className="vh";let n=document.activeElement;document.body.append(e),e.select();let r=document.execCommand("copy");return e.remove(),n instanceof HTMLElement&&n.focus(),r}var Q=`# How a stream stands, wherever it is said.

live-watching = { $count } watching
live-badge = LIVE
live-badge-offline = Offline
live-badge-away = Waiting
live-badge-ended = Ended
live-since = since
live-badge-closed = Closed
live-delay = Delay
live-behind = { $delay } behind live
live-stale = Not up to date: the connection to the server is gone. Trying again.
`;var I=g([Q]);function Vn(t){switch(t){case"live":return I("live-badge");case"away":return I("live-badge-away");case"offline":return I("live-badge-offline");case"ended":return I("live-badge-ended");default:return I("live-badge-closed")}}function te(t,{state:e,since:n,viewers:r}){let o=e==="live";for(let i of t.querySelectorAll("[data-badge]"))ee(i,Vn(e)),i.classList.toggle("live",o);for(let i of t.querySelectorAll("[data-on-air]"))i.hidden=!o&&e!=="away";for(let i of t.querySelectorAll("[data-viewers]"))ee(i,I("live-watching",{count:w(r)}));if(n!==null){for(let i of t.querySelectorAll("time[data-time], time[data-age]"))i.dateTime=n;T(t)}}function dt(t,e){let n=e===null?"–":I("live-behind",{delay:Je(e)});for(let r of t.querySelectorAll("[data-delay]"))ee(r,n)}function T(t){let e=new Date;for(let n of Yn(t)){let r=new Date(n.dateTime);Number.isNaN(r.getTime())||ee(n,Gn(n,r,e))}}function Gn({dataset:t},e,n){return"age"in t?Ze((n.getTime()-e.getTime())/1e3):"day"in t?tt(e):"moment"in t?nt(e,n):et(e,n)}function Yn(t){return t.querySelectorAll("time[data-time], time[data-age], time[data-day], time[data-moment]")}function ee(t,e){t.textContent!==e&&(t.textContent=e)}var ct=`# What the server receives: state, figures, findings, refusals. Said by pages and, as it changes, by scripts.

health-waiting = Waiting for your stream
    .note = This turns green by itself when it arrives
health-last = The last broadcast ran { $length } and ended at
health-starting = A sender is connected
    .note = Waiting for its first picture
health-receiving = Receiving { $what }
health-away = The sender lost its connection
    .note = Waiting for it to come back. If it does in time, the broadcast goes on.
health-by = by { $protocol } from { $address }
health-protocol-rtmp = RTMP
health-protocol-whip = WHIP
health-protocol-test = Test signal
health-by-test = from this server’s test signal
health-no-sound = no sound
health-no-picture = no picture
health-sound = { $codec } { $khz }{"\\u00A0"}kHz { $channels ->
    [1] mono
    [2] stereo
   *[other] with { $channels } channels
 }

health-bit-rate = Bit rate
health-frame-rate = Frame rate
health-key-frames = Key frame every
health-watching = Watching
health-measuring = Measuring
health-steady = Steady
health-steady-by = Steady, ±{ $by }
health-between = { $low } to { $high }
health-should-be = Should be { $expected }
health-viewers-hls = { $hls } by HLS
health-viewers = { $webrtc } real time, { $hls } by HLS
health-chart = { $label }: { $verdict }

health-refused = Refused attempts
    .kept = The last 50 are kept
health-refused-time = Time
health-refused-from = From
health-refused-protocol = Protocol
health-refused-why = Why it was refused, and what helps
health-refused-times = { $count } times
health-refused-new = A sender was refused: { $message }

health-in-use = in use now
health-stale = Not up to date: the connection to the server is gone. Trying again.
health-closed = You may not see this stream any more. Load the page again.
health-now-waiting = The broadcast has ended
`;function lt(t){let e=t.filter(y=>y!==null);if(e.length<2)return{line:"",area:""};let n=Math.max(...e),r=n>0?29/n:0,o=Math.max(t.length,60)-1,i=Math.max(1,Math.ceil(t.length/100)),[a,l]=["",""],d;return t.forEach((y,p)=>{let v=p%i===0||p+1===t.length,b=(100-(t.length-1-p)*100/o).toFixed(1);if(y===null)d!==void 0&&(l+=`L${d} 32z`),d=void 0;else if(v){let m=(32-y*r).toFixed(1);a+=`${d===void 0?"M":"L"}${b} ${m}`,l+=`${d===void 0?`M${b} 32`:""}L${b} ${m}`,d=b}}),d!==void 0&&(l+=`L${d} 32z`),{line:a,area:l}}function ne(t){let e=t.slice(-60).filter(a=>a!==null);if(e.length<5)return{kind:"unknown"};let[n,r]=[Math.min(...e),Math.max(...e)],[o,i]=[(n+r)/2,(r-n)/2];return i<=o*.15?{kind:"steady",by:i}:{kind:"moving",low:n,high:r}}var u=g([ct]),Zn=" ",Jn=5,ut=300;function ft(t){if(!(typeof t!="object"||t===null||!("refusals"in t)))return t}function Qn(t){return t===null?"waiting":t.state==="away"?"away":t.tracks.length===0?"starting":"receiving"}function ht(t){let{live:e,last_ended:n}=t,r=Qn(e);if(e!==null&&r==="receiving"){let a=t.test_signal?u("health-by-test"):u("health-by",{protocol:Se(e.protocol),address:t.publisher??""});return{standing:r,heading:u("health-receiving",{what:er(e)}),note:a,since:e.since,ended:void 0}}let o=n?(Date.parse(n.until)-Date.parse(n.since))/1e3:0,i=n&&e===null?{words:u("health-last",{length:ye(o)}),at:n.until}:void 0;switch(r){case"starting":return{standing:r,heading:u("health-starting"),note:u("health-starting.note"),since:void 0,ended:i};case"away":return{standing:r,heading:u("health-away"),note:u("health-away.note"),since:void 0,ended:i};default:return{standing:r,heading:u("health-waiting"),note:u("health-waiting.note"),since:void 0,ended:i}}}function Se(t){return u(`health-protocol-${t}`)}function er(t){let e=t.tracks.find(o=>o.kind==="video"),n=t.tracks.find(o=>o.kind==="audio"),r=[];if(e){e.width!==void 0&&e.height!==void 0&&r.push(`${e.width}×${e.height}`);let o=tr(t,e.frame_rate);o!==void 0&&r.push(we(o)),r.push(`${e.codec} ${e.profile??""}`.trimEnd())}else t.playable&&r.push(u("health-no-picture"));return n?r.push(nr(n)):t.playable&&r.push(u("health-no-sound")),t.bit_rate>0&&r.push(A(t.bit_rate)),r.join(", ")}function tr(t,e){let n=t.frame_rate;return n===null||e!==void 0&&Math.abs(n-e)<e*.02?e:Te(n)}function nr(t){return t.sample_rate===void 0||t.channels===void 0?t.codec:u("health-sound",{codec:t.codec,khz:String(t.sample_rate/1e3),channels:t.channels})}function mt(t,e){let n=(...m)=>t?.warnings.find(({code:de})=>m.includes(de)),r=e.map(m=>m.bit_rate),o=r.findIndex(m=>m!==null&&m>0),i=r.slice(o<0?0:o+Jn),a=e.map(m=>m.frame_rate),l=e.map(m=>m.key_frame_interval_s),d=e.map(({viewers:m})=>m.hls+m.webrtc),y=m=>we(Te(m)),p=n("key_frames_far_apart"),{hls:v,webrtc:b}=t?.viewers??{hls:0,webrtc:0};return[oe("health-bit-rate",re(t?.bit_rate,A),r,be(ne(i),2e4,A),!!n("bit_rate_over_told","frames_late")),oe("health-frame-rate",re(t?.frame_rate,y),a,be(ne(a),.5,y),!!n("variable_frame_rate","frames_lost")),oe("health-key-frames",re(t?.key_frame_interval_s,Ee),l,p?u("health-should-be",{expected:Ee(p.expected??2)}):be(ne(l),.1,Ee),p!==void 0),oe("health-watching",re(t&&v+b,w),d,b>0?u("health-viewers",{webrtc:w(b),hls:w(v)}):u("health-viewers-hls",{hls:w(v)}),!1)]}function re(t,e){return t==null?"–":e(t)}function oe(t,e,n,r,o){let[i="",a=""]=e.split(Zn),l=u("health-chart",{label:u(t),verdict:r});return{id:t,number:i,unit:a,verdict:r,chart:l,warned:o,spark:lt(n)}}function be(t,e,n){return t.kind==="unknown"?u("health-measuring"):t.kind==="moving"?u("health-between",{low:n(t.low),high:n(t.high)}):t.by<e?u("health-steady"):u("health-steady-by",{by:n(t.by)})}function Te(t){return Math.round(t*10)/10}function Ee(t){let e=Te(t);return Z(e,Number.isInteger(e)?0:1)}var ie=class{#e=[];get samples(){return this.#e}replace(e){this.#e=e.slice(-ut)}add(e,n){let r=this.#e.at(-1),o=r?n-Date.parse(r.at):0,{bit_rate:i,frame_rate:a,key_frame_interval_s:l,viewers:d}=e;return r&&o<900?!1:(this.#e.push({at:new Date(n).toISOString(),bit_rate:i,frame_rate:a,key_frame_interval_s:l,viewers:d}),this.#e.length>ut&&this.#e.shift(),o>3500)}};var rr=g([Q]),or=5e3;function pt(t){let e=document.querySelector("[data-golive]");e&&new xe(e,t).begin()}var xe=class{#e;#s;#r;#t=new ie;#o;#d=!1;#n;#c=new Map;constructor(e,n){this.#e=e,this.#s=n,this.#r=e.dataset.golive??"",this.#o=e.dataset.standing??"waiting"}begin(){C(P(`stream:${this.#r}`,(e,n)=>this.#a(e,n))),V(()=>this.#S(),or),this.#f()}#a(e,n){let r=e===void 0?void 0:ft(e),o=this.#i("[data-stale]");o&&(o.hidden=r!==void 0,e!==void 0&&r===void 0?_(o,u("health-closed")):_(o,u("health-stale"))),this.#e.classList.toggle("stale",r===void 0),r&&this.#u(r,n)}#u(e,n){if(e.live===null?(this.#t.replace([]),this.#d=!1):(!this.#d||this.#t.add(e.live,n))&&this.#p(),this.#h(ht(e)),e.live)for(let r of mt(e.live,this.#t.samples))this.#v(r);this.#x("notes",e.live?.warnings??[],r=>this.#y(r)),this.#x("refused",e.refusals,r=>this.#L(r)),this.#E(e.live?.state==="receiving"?e.key_in_use?.id:void 0);for(let r of this.#l("[data-test-start]"))r.hidden=e.test_signal;for(let r of this.#l("[data-test-stop]"))r.hidden=!e.test_signal}async#p(){this.#d=!0;try{let e=await fetch(`/api/streams/${this.#r}/history`,{headers:{accept:"application/json"}});e.ok&&this.#t.replace((await e.json()).samples)}catch{}}#h(e){document.dispatchEvent(new CustomEvent("golive-banner",{detail:e}));let n=this.#i("[data-banner]");if(!n)return;let[r,o]=e.standing==="receiving"?["ok","ok"]:e.standing==="away"?["warn","warn"]:["wait",""];n.className=`banner sentence ${o}`.trimEnd();for(let d of this.#l("[data-mark]"))d.toggleAttribute("hidden",d.dataset.mark!==r);_(this.#i("[data-heading]"),e.heading),_(this.#i("[data-note]"),e.note),this.#g("[data-since]",e.since),this.#g("[data-ended]",e.ended?.at),_(this.#i("[data-ended-words]"),e.ended?.words??"");let i=e.standing!=="waiting";for(let d of this.#l("[data-on]"))d.hidden=!i;let a=this.#i("[data-badge]"),l=e.standing==="receiving"||e.standing==="starting";_(a,rr(l?"live-badge":i?"live-badge-away":"live-badge-offline")),a?.classList.toggle("live",l),e.standing!==this.#o&&(this.#o=e.standing,this.#s(i?e.heading:u("health-now-waiting")),this.#S())}#g(e,n){let r=this.#i(e);if(r&&(r.hidden=n===void 0,n!==void 0)){for(let o of r.querySelectorAll("time"))o.dateTime=n;T(r)}}#v(e){let n=this.#i(`[data-tile="${e.id}"]`);if(!n)return;_(n.querySelector("[data-number]"),e.number),_(n.querySelector("[data-unit]"),e.unit);let r=n.querySelector("[data-verdict]");_(r,e.verdict),r?.classList.toggle("warn",e.warned);let o=n.querySelector("svg");o?.classList.toggle("warn",e.warned),o?.getAttribute("aria-label")!==e.chart&&o?.setAttribute("aria-label",e.chart),o?.querySelector(".l")?.setAttribute("d",e.spark.line),o?.querySelector(".a")?.setAttribute("d",e.spark.area)}#y(e){let n=this.#i("[data-notes]");n&&(n.hidden=e.length===0,n.replaceChildren(...e.map(r=>this.#w(r))))}#w(e){let n=this.#b(e.severity==="notice"?"info":"warn",e.severity==="problem"?"tone-bad":"tone-warn"),{fixObs:r="",fixFfmpeg:o=""}=this.#i("[data-notes]")?.dataset??{},i=x("p","fix",x("strong","",r),` ${e.fix}`);if(e.fix_ffmpeg!==null){let a=x("span","mono",e.fix_ffmpeg);a.translate=!1,i.append(` ${o} `,a)}return x("li","",n,x("div","",x("p","name",e.title),x("p","quiet-text",e.why),i))}#L(e){let n=this.#i("[data-refused]");if(!n)return;n.hidden=e.length===0;let r=[...n.querySelectorAll("th")].map(d=>d.textContent??""),o=(d,...y)=>{let p=x("td","",...y);return d<3&&(p.dataset.label=r[d]??""),p},i=e.map(d=>{let y=document.createElement("time");y.dateTime=d.at,y.dataset.time="";let p=d.times>1?[x("small","",u("health-refused-times",{count:w(d.times)}))]:[],v=o(1,d.address);v.className="num";let b=this.#e.dataset.server??"",m=b===""?d.fix:d.fix.replace("rtmp://HOST:1935/live",b);return x("tr","",o(0,y,...p),v,o(2,Se(d.protocol)),o(3,d.message,x("small","",m)))});n.querySelector("tbody")?.replaceChildren(...i),T(n);let a=e[0],l=a!==void 0&&this.#n!==void 0&&a.at!==this.#n;this.#n=a?.at??"",l&&this.#s(u("health-refused-new",{message:a.message}))}#E(e){for(let n of this.#l("[data-key]")){let r=n.dataset.key===e;n.querySelector("[data-in-use]")?.toggleAttribute("hidden",!r),n.querySelector("[data-not-in-use]")?.toggleAttribute("hidden",r)}}#S(){let e=this.#e.querySelector("video[data-picture]");if(!e||this.#o!=="receiving"||document.visibilityState!=="visible")return;let n=e.cloneNode();n.muted=!0,n.addEventListener("loadeddata",()=>e.replaceWith(n),{once:!0}),n.src=`${e.dataset.picture??""}?at=${Date.now()}`}#f(){for(let e of this.#l("form[data-download]"))e.addEventListener("submit",()=>setTimeout(()=>{this.#T()},1e3))}async#T(){try{let e=await fetch(location.pathname,{headers:{accept:"text/html"}}),n=new DOMParser().parseFromString(await e.text(),"text/html"),[r,o]=[n.querySelector("[data-keys]"),this.#i("[data-keys]")];r&&o&&o.replaceWith(r),T(this.#e)}catch{}}#x(e,n,r){let o=JSON.stringify(n);this.#c.get(e)!==o&&(this.#c.set(e,o),r(n))}#b(e,n){let r="http://www.w3.org/2000/svg",o=document.createElementNS(r,"svg");o.setAttribute("class",`icon ${n}`),o.setAttribute("aria-hidden","true");let i=document.createElementNS(r,"use");return i.setAttribute("href",`${document.body.dataset.sprite??""}#i-${e}`),o.append(i),o}#i(e){return this.#e.querySelector(e)}#l(e){return this.#e.querySelectorAll(e)}};function x(t,e,...n){let r=document.createElement(t);return e!==""&&(r.className=e),r.append(...n),r}function _(t,e){t&&t.textContent!==e&&(t.textContent=e)}var ir=["live","away","offline","ended","ready","processing","failed","not_allowed"];function gt(t){if(typeof t!="object"||t===null)return;let e=t,n=e.state;if(typeof n!="string"||!ir.includes(n))return;let r=i=>typeof i=="number"&&Number.isFinite(i)&&i>=0?i:0,o=i=>typeof i=="string"&&!Number.isNaN(Date.parse(i))?i:null;return{state:n,since:o(e.since),until:o(e.until),grace_s:r(e.grace_s),viewers:r(e.viewers),title:typeof e.title=="string"?e.title:"",...typeof e.reason=="string"?{reason:e.reason}:{}}}function yt(t){let e=t;return typeof e!="object"||!Array.isArray(e?.live)||!Array.isArray(e.offline)?void 0:{live:e.live.flatMap(r=>{let o=gt(r),{slug:i,poster:a}=r??{};return o&&typeof i=="string"?[{...o,slug:i,hasPoster:typeof a=="string"}]:[]}),offline:e.offline.filter(r=>typeof r=="string")}}function Le(t,e){return[t,e].map(n=>[...n].sort().join(" ")).join("/")}function wt(t){let[e="",n=""]=t.split("/").map(o=>o.trim()),r=o=>o.split(/\s+/).filter(Boolean);return Le(r(e),r(n))}var sr=3e4,ar=5e3,vt=8e3,dr=1280,se=class{#e=new Set;#s=new WeakMap;#r;#t=!1;constructor(){this.#r=new IntersectionObserver(e=>{for(let{target:n,isIntersecting:r}of e){let o=n.querySelector("canvas[data-poster]");o&&r?this.#e.add(o):o&&this.#e.delete(o)}this.#o()}),V(()=>{this.#o()},ar)}watch(e){this.#r.disconnect(),this.#e.clear();for(let n of e.querySelectorAll("canvas[data-poster]"))n.parentElement&&this.#r.observe(n.parentElement)}async#o(){if(!this.#t){for(this.#t=!0;;){let e=r=>Date.now()-(this.#s.get(r)??0)>=sr,n=document.visibilityState==="visible"?[...this.#e].find(e):void 0;if(!n)break;this.#s.set(n,Date.now()),await cr(n)}this.#t=!1}}};async function cr(t){let e=await lr(t.dataset.poster??"");if(!e)return;let n=URL.createObjectURL(e),r=document.createElement("video");try{if(r.muted=!0,r.playsInline=!0,r.preload="auto",r.src=n,!await ur(r))return;let o=Math.min(1,dr/r.videoWidth);t.width=Math.round(r.videoWidth*o),t.height=Math.round(r.videoHeight*o),t.getContext("2d")?.drawImage(r,0,0,t.width,t.height),t.hidden=!1}finally{r.removeAttribute("src"),r.load(),URL.revokeObjectURL(n)}}async function lr(t){try{let e=await fetch(t,{signal:AbortSignal.timeout(vt)});return e.status===200?await e.blob():void 0}catch{return}}async function ur(t){let e=AbortSignal.timeout(vt);return!await new Promise(r=>{t.addEventListener("loadeddata",()=>r(!0),{once:!0}),t.addEventListener("error",()=>r(!1),{once:!0}),e.addEventListener("abort",()=>r(!1),{once:!0})})||t.videoWidth===0?!1:(await Promise.race([t.play().catch(()=>{}),new Promise(r=>setTimeout(r,1e3))]),!0)}var bt=g([K]),Et="[data-live-list]",fr=3e3;function St(t){let e=document.querySelector(Et);if(!e)return;let n=new ke(e,t);C(P("home",r=>n.hear(r===void 0?void 0:yt(r))))}var ke=class{#e;#s;#r=new se;#t;#o=!1;constructor(e,n){this.#e=e,this.#s=n,this.#r.watch(e)}hear(e){this.#e.classList.toggle("stale",e===void 0);for(let n of this.#e.querySelectorAll("[data-stale]"))n.hidden=e!==void 0;if(e){this.#d(e),this.#t=e;for(let n of e.live){let r=this.#n(n.slug);r&&te(r,n)}this.#c()}}#d(e){if(!this.#t)return;let n=d=>new Map(d.live.map(({slug:y,title:p})=>[y,p])),[r,o]=[n(this.#t),n(e)],i=[...o].filter(([d])=>!r.has(d)).map(([,d])=>bt("script-began",{title:d})),a=[...r].filter(([d])=>!o.has(d)).map(([,d])=>bt("script-ended",{title:d})),l=[...i,...a];l.length>0&&this.#s(l.join(". "))}#n(e){return this.#e.querySelector(`[data-slug="${CSS.escape(e)}"]`)}async#c(){if(this.#o||this.#a())return;this.#o=!0;let e=await hr();if(this.#o=!1,!e){setTimeout(()=>{this.#c()},fr);return}let n=this.#e.contains(document.activeElement)?document.activeElement?.getAttribute("href"):null,r=this.#e.querySelector("[data-library]"),o=r?.contains(document.activeElement)===!0?document.activeElement:void 0;r&&e.querySelector("[data-library]")?.replaceWith(r),this.#e.replaceWith(e),o instanceof HTMLElement&&o.focus(),this.#e=e,this.#r.watch(e),T(e),n&&e.querySelector(`a[href="${CSS.escape(n)}"]`)?.focus()}#a(){if(!this.#t)return!0;let e=this.#t.live.map(({slug:r})=>r);return this.#t.live.some(({slug:r,hasPoster:o})=>o&&!this.#n(r)?.querySelector("[data-poster]"))?!1:wt(this.#e.dataset.liveList??"")===Le(e,this.#t.offline)}};async function hr(){try{let t=await fetch(location.href,{headers:{accept:"text/html"},signal:AbortSignal.timeout(8e3)});return t.ok?new DOMParser().parseFromString(await t.text(),"text/html").querySelector(Et)??void 0:void 0}catch{return}}var Tt=`# Whether the browser that looks reaches the port of WebRTC.

reach-title = Real time from here
reach-again = Look again
reach-script = Whether this browser reaches the server in real time is found out by a script, which does not run here.
reach-looking = Looking whether this browser reaches the server in real time…
reach-udp = This browser reaches the server over UDP, at { $address }. Viewers on networks like yours get real time.
reach-tcp = UDP does not get through to { $offered }; real time works over TCP, at { $address }, with more delay where packets are lost.
    .fix = Open UDP port { $port } in the server’s firewall, and forward it where the server stands behind a router.
reach-none = Neither UDP nor TCP gets through to { $offered }. Viewers on networks like yours watch by low-delay HLS, about a second behind.
    .fix = Open port { $port } for UDP and TCP in the server’s firewall. Behind a router or in a container, forward it, and name the address from outside in webrtc.public_addresses.
reach-off = Real time is switched off on this server (webrtc.listen). Viewers watch by low-delay HLS, about a second behind.
reach-unknown = This browser has no WebRTC, so it cannot look.
reach-failed = The server could not be asked.
    .fix = Look again in a moment.
`;var $=g([Tt]),pr=6e3;function gr(t,e){let n=new Set;for(let r of t.split(/\r?\n/)){let[,,o="",,i="",a=""]=r.startsWith("a=candidate:")?r.split(" "):[];o.toLowerCase()===e&&n.add(i.includes(":")?`[${i}]:${a}`:`${i}:${a}`)}return[...n]}function yr(t,e){return t.split(`\r
`).filter(r=>!r.startsWith("a=candidate:")||r.split(" ")[2]?.toLowerCase()===e).join(`\r
`)}function wr(t){switch(t.is){case"udp":return{what:$("reach-udp",{address:t.address}),tone:"ok"};case"tcp":{let e={address:t.address,offered:t.offered.join(", "),port:xt(t.offered)};return{what:$("reach-tcp",e),fix:$("reach-tcp.fix",e),tone:"warn"}}case"none":{let e={offered:t.offered.join(", "),port:xt(t.offered)};return{what:$("reach-none",e),fix:$("reach-none.fix",e),tone:"warn"}}case"off":return{what:$("reach-off"),tone:"note"};case"unknown":return{what:$("reach-unknown"),tone:"note"};case"failed":return{what:$("reach-failed"),fix:$("reach-failed.fix"),tone:"warn"}}}function xt(t){return t[0]?.split(":").at(-1)??"8189"}function Mt(t){let e=document.querySelector("[data-reach]"),n=document.querySelector("[data-reach-again]");if(!e||!n)return;let r=async o=>{n.disabled=!0,Lt(e,{what:$("reach-looking"),tone:"note"});let i=wr(await vr());Lt(e,i),o&&t([i.what,i.fix??""].join(" ")),n.hidden=!1,n.disabled=!1};n.addEventListener("click",()=>{r(!0)}),r(!1)}function Lt(t,e){for(let o of t.querySelectorAll("[data-tone]"))o.toggleAttribute("hidden",o.dataset.tone!==e.tone);let[n,r]=t.querySelectorAll("p");n&&(n.textContent=e.what),r&&(r.textContent=e.fix??"",r.hidden=e.fix===void 0)}async function vr(){if(typeof RTCPeerConnection>"u")return{is:"unknown"};try{let[t,e]=await Promise.all([kt("udp"),kt("tcp")]);return t===void 0||e===void 0?{is:"off"}:t.address!==void 0?{is:"udp",address:t.address}:e.address!==void 0?{is:"tcp",address:e.address,offered:t.offered}:{is:"none",offered:t.offered}}catch{return{is:"failed"}}}async function kt(t){let e=new RTCPeerConnection;try{e.addTransceiver("audio",{direction:"recvonly"}),await e.setLocalDescription();let n=await fetch("/api/webrtc/reach",{method:"POST",headers:{"content-type":"application/sdp"},body:e.localDescription?.sdp??""});if(n.status===501)return;if(!n.ok)throw new Error(`${n.status}`);let r=await n.text(),o=gr(r,t);if(o.length===0)return{offered:o};let i=br(e);await e.setRemoteDescription({type:"answer",sdp:yr(r,t)});let a=await i?await Er(e):void 0;return a===void 0?{offered:o}:{address:a,offered:o}}finally{e.close()}}function br(t){return new Promise(e=>{let n=setTimeout(()=>e(!1),pr);t.addEventListener("connectionstatechange",()=>{["connected","failed","closed"].includes(t.connectionState)&&(clearTimeout(n),e(t.connectionState==="connected"))})})}async function Er(t){let e=await t.getStats(),n;e.forEach(o=>{o.type==="candidate-pair"&&o.state==="succeeded"&&(o.nominated===!0||n===void 0)&&(n=o)});let r=e.get(n?.remoteCandidateId??"");if(!(r?.address===void 0||r.port===void 0))return r.address.includes(":")?`[${r.address}]:${r.port}`:`${r.address}:${r.port}`}function At(t){let e=document.querySelector("main [data-share-box]");e&&Sr(e),document.addEventListener("click",n=>{if(n.defaultPrevented||n.button!==0||n.metaKey||n.ctrlKey||n.shiftKey||n.altKey)return;let r=n.target instanceof Element?n.target.closest("a[data-share]"):null;r&&(n.preventDefault(),Tr(r.href,t))})}function Sr(t){let e=t.querySelector("form[data-share-options]");Ct(t),e?.addEventListener("change",n=>{_t(e,n.target)&&e.requestSubmit()})}async function Tr(t,e){let n=await Ht(()=>fetch(t,{headers:{accept:"text/html"}}));if(!n){location.href=t;return}let r=document.createElement("dialog");r.className="dialog",r.setAttribute("aria-labelledby","share-h"),r.addEventListener("close",()=>r.remove()),r.addEventListener("click",o=>{o.target instanceof Element&&o.target.closest("[data-share-done]")&&(o.preventDefault(),r.close())}),r.addEventListener("change",o=>{let i=o.target instanceof Element?o.target.closest("form[data-share-options]"):null;i&&_t(i,o.target)&&$t(r,i,e)}),r.addEventListener("submit",o=>{o.target instanceof HTMLFormElement&&(o.preventDefault(),$t(r,o.target,e))}),Nt(r,n,e),document.body.append(r),r.showModal(),r.querySelector("select")?.focus()}function _t(t,e){let n=t.elements.namedItem("start");return!(e instanceof HTMLInputElement&&e.name==="t"&&n instanceof HTMLInputElement&&!n.checked)}async function $t(t,e,n){let r=new URLSearchParams([...new FormData(e)].map(([p,v])=>[p,String(v)])),o={accept:"text/html"},i=e.method==="post",a=await Ht(()=>i?fetch(e.action,{method:"POST",body:r,headers:o}):fetch(`${e.action.split("?")[0]}?${r}`,{headers:o}));if(!t.open)return;if(!a){t.close(),e.hidden=!0,document.body.append(e),e.submit();return}let l=document.activeElement instanceof HTMLElement?document.activeElement.id:"";Nt(t,a,n);let d=t.querySelector("[data-told]");d&&n(d.textContent?.trim()??""),((l===""?null:t.querySelector(`#${CSS.escape(l)}`))??t.querySelector(i?"#share-link":"select"))?.focus()}function Nt(t,e,n){let r=document.createElement("h2");r.id="share-h",r.textContent=e.querySelector("h1")?.textContent??"";let o=document.createElement("button");o.type="button",o.className="btn plain icon-only",o.setAttribute("aria-label",e.dataset.close??""),o.innerHTML=`<svg class="icon" aria-hidden="true"><use href="${document.body.dataset.sprite??""}#i-x"></use></svg>`,o.addEventListener("click",()=>t.close());let i=document.createElement("header");i.append(r,o);let a=e.querySelector("[data-share-body]")??e;a.classList.add("body");let l=document.createElement("footer");l.append(...e.querySelector("[data-share-foot]")?.childNodes??[]),t.replaceChildren(i,a,l),Ct(t),J(t,n)}function Ct(t){for(let e of t.querySelectorAll("[data-without-script]"))e.hidden=!0}async function Ht(t){try{let e=await t();if(!e.ok)return;let r=new DOMParser().parseFromString(await e.text(),"text/html").querySelector("[data-share-box]");return r?document.adoptNode(r):void 0}catch{return}}function It(t){return t.toLowerCase().replace(/[^a-z0-9]+/g,"-").replace(/^-/,"").slice(0,63).replace(/-$/,"")}function Pt(){let t=document.querySelector("input[data-title]"),e=document.querySelector("input[data-slug]");if(!t||!e)return;let n=It(t.value);t.addEventListener("input",()=>{e.value!==""&&e.value!==n||(n=It(t.value),e.value=n)})}var U=g([j]),xr=g([K]),ae=["system","light","dark"],Dt="media-server.theme";Rt($e());document.addEventListener("DOMContentLoaded",()=>{setInterval(()=>T(document),15e3),it(),Ot()});Pe(Ot);function Ot(){Mr(),T(document),$r(),Ar(),Nr(),St(O),J(document,O),At(O),at(),Pt(),pt(O),Mt(O),ot(T),Lr()}function Lr(){let t=document.querySelector("[data-watch-facts]");if(!t)return;let e=z(),n,r=i=>{let a=i.detail;te(t,a),a.state==="live"&&n!==void 0&&n!=="live"&&O(xr("script-began",{title:a.title})),n=a.state};document.addEventListener("stage-state",r,{signal:e});let o=i=>dt(t,i.detail.delay_s);document.addEventListener("stage-stats",o,{signal:e})}function kr(t){switch(t){case"system":return U("frame-appearance-system");case"light":return U("frame-appearance-light");case"dark":return U("frame-appearance-dark")}}function $e(){try{let t=localStorage.getItem(Dt);return ae.find(e=>e===t)??"system"}catch{return"system"}}function Rt(t){t==="system"?delete document.documentElement.dataset.theme:document.documentElement.dataset.theme=t}function Mr(){for(let t of document.querySelectorAll("[data-theme-button]")){let e=t.querySelector("[data-theme-word]"),n=r=>{e&&(e.textContent=kr(r))};n($e()),t.hidden=!1,t.addEventListener("click",()=>{let r=ae[(ae.indexOf($e())+1)%ae.length]??"system";try{localStorage.setItem(Dt,r)}catch{}Rt(r),n(r)})}}function $r(){for(let t of document.querySelectorAll("[data-show]")){let e=document.getElementById(t.dataset.show??"");if(!(e instanceof HTMLInputElement))continue;let n=t.querySelector("span");t.hidden=!1,t.addEventListener("click",()=>{let r=e.type==="password";e.type=r?"text":"password",n&&(n.textContent=U(r?"frame-hide":"frame-show"))}),e.form?.addEventListener("submit",()=>e.type="password")}}function Ar(){for(let t of document.querySelectorAll("form[method=post]:not([data-download])")){let e=t.querySelector("button.primary[type=submit]"),n=!1;t.addEventListener("submit",r=>{n&&r.preventDefault(),n=!0,e?.setAttribute("aria-busy","true")}),addEventListener("pageshow",()=>{n=!1,e?.removeAttribute("aria-busy")},{signal:z()})}}var _r=100,Me=[];function O(t){let e=document.getElementById("announce");e&&(e.textContent="",!(Me.push(t)>1)&&setTimeout(()=>{e.textContent=Me.join(". "),Me=[]},_r))}function Nr(){document.querySelector("form[data-submit-once]")?.requestSubmit()}})();
