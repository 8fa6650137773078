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
`;var zt="media-server.events",Vt="media-server.events";function Gt(n,e=""){let[t="",r=""]=n.split(":"),o=e===""?"":`?${e}`;return t==="watch"?`/api/watch/${r}${o}`:t==="stream"?`/api/streams/${r}/status${o}`:`/api/${t}${o}`}async function Ie(n){let t=(await n.json().catch(()=>{}))?.reason;return typeof t=="string"?{state:"not_allowed",reason:t}:{state:"not_allowed"}}function Yt(n){return[...new Set([...n].flat())].sort()}var le=class{#e;#s=crypto.randomUUID?.()??String(Math.random());#r=new Map;#t=new Map;#o=new Map;#d;#n;#c="";#a;#u;#g;#f;#p;#v;constructor(e=""){this.#e=e,this.#d=typeof BroadcastChannel>"u"?void 0:new BroadcastChannel(Vt+e),this.#d?.addEventListener("message",t=>this.#S(t.data)),document.addEventListener("visibilitychange",()=>this.#w()),addEventListener("pagehide",()=>this.#E()),addEventListener("pageshow",()=>this.#w())}follow(e,t){let r=this.#r.get(e)??new Set;r.add(t),this.#r.set(e,r);let o=this.#t.get(e);return o&&t(o.data,o.now),this.#w(),()=>{r.delete(t),r.size===0&&(this.#r.delete(e),this.#t.delete(e)),this.#w()}}#y(){return document.visibilityState==="visible"?[...this.#r.keys()]:[]}#w(){let e=this.#y();if(this.#m({kind:"want",tab:this.#s,topics:e}),e.length===0){this.#E();return}this.#a?this.#h():this.#u||this.#L()}#L(){if(!navigator.locks){this.#a=()=>{},this.#h();return}let e=new AbortController;this.#u=e,navigator.locks.request(zt+this.#e,{signal:e.signal},()=>{if(this.#u=void 0,this.#y().length!==0)return new Promise(t=>{this.#a=t,this.#o.clear(),this.#m({kind:"who"}),this.#h()})}).catch(()=>{})}#E(){this.#m({kind:"want",tab:this.#s,topics:[]}),this.#u?.abort(),this.#u=void 0;for(let e of[this.#g,this.#f,this.#p,this.#v])clearTimeout(e);this.#n?.close(),this.#n=void 0,this.#c="",this.#a?.(),this.#a=void 0,this.#t.clear()}#S(e){if(e.kind==="said"&&this.#$(e.topic,e.data,e.now),e.kind==="stale"&&this.#A(),e.kind==="who"&&this.#m({kind:"want",tab:this.#s,topics:this.#y()}),e.kind==="want"&&this.#a){e.topics.length===0?this.#o.delete(e.tab):this.#o.set(e.tab,e.topics);for(let t of e.topics){let r=this.#t.get(t);r&&this.#m({kind:"said",topic:t,...r})}this.#h()}}#h(){clearTimeout(this.#v),this.#v=setTimeout(()=>this.#x(),this.#n?150:0)}#T(){let e=navigator.locks&&this.#d?this.#o.values():[];return Yt([this.#y(),...e])}#x(){let e=this.#T();if(e.length===0||this.#n&&e.join()===this.#c)return;this.#n?.close(),clearTimeout(this.#p),this.#c=e.join();let t=new EventSource(`/api/events?topics=${e.join(",")}${this.#e===""?"":`&${this.#e}`}`);this.#n=t;for(let r of e)t.addEventListener(r,o=>{this.#b(),this.#k(r,JSON.parse(o.data),Number(o.lastEventId)||Date.now())});t.addEventListener("open",()=>this.#b()),t.addEventListener("ping",()=>this.#b()),t.addEventListener("error",()=>this.#l(t)),this.#i(t)}#b(){clearTimeout(this.#f),this.#f=void 0,this.#n&&this.#i(this.#n)}#i(e){clearTimeout(this.#g),this.#g=setTimeout(()=>this.#l(e),4e4)}#l(e){e===this.#n&&(e.close(),clearTimeout(this.#g),this.#n=void 0,this.#p=setTimeout(()=>this.#h(),15e3),this.#f===void 0&&this.#M())}async#M(){let e=!1;for(let t of this.#T())try{let r=await fetch(Gt(t,this.#e),{headers:{accept:"application/json"},signal:AbortSignal.timeout(5e3)});if(!this.#a||this.#n)return;[401,403,404].includes(r.status)?this.#k(t,await Ie(r),Date.now()):r.ok&&this.#k(t,await r.json(),Date.parse(r.headers.get("date")??"")||Date.now()),e||=r.status<500}catch{}e||(this.#m({kind:"stale"}),this.#A()),this.#a&&!this.#n&&(this.#f=setTimeout(()=>{this.#M()},3e3))}#k(e,t,r){this.#t.set(e,{data:t,now:r}),this.#m({kind:"said",topic:e,data:t,now:r}),this.#$(e,t,r)}#$(e,t,r){let o=this.#r.get(e);if(o){this.#t.set(e,{data:t,now:r});for(let i of o)i(t,r)}}#A(){for(let e of this.#r.values())for(let t of e)t(void 0,Date.now())}#m(e){this.#d?.postMessage(e)}},Ce=new Map;function D(n,e,t=""){let r=Ce.get(t)??new le(t);return Ce.set(t,r),r.follow(n,e)}var ue=new AbortController;typeof document<"u"&&document.addEventListener("page-left",()=>{ue.abort(),ue=new AbortController});function z(){return ue.signal}function V(n,e){let t=setInterval(n,e);H(()=>clearInterval(t))}function H(n){z().addEventListener("abort",n,{once:!0})}function De(n){document.addEventListener("page-came",n)}var Pe=`# Figures with their units; the space before a unit does not break.

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
`;var k=class{constructor(e){this.value=e}valueOf(){return this.value}},f=class extends k{constructor(e="???"){super(e)}toString(e){return`{${this.value}}`}},E=class extends k{constructor(e,t={}){super(e),this.opts=t}toString(e){if(e)try{return e.memoizeIntlObject(Intl.NumberFormat,this.opts).format(this.value)}catch(t){e.reportError(t)}return this.value.toString(10)}},M=class n extends k{static supportsValue(e){if(typeof e=="number"||e instanceof Date)return!0;if(e instanceof k)return n.supportsValue(e.valueOf());if("Temporal"in globalThis){let t=globalThis.Temporal;if(e instanceof t.Instant||e instanceof t.PlainDateTime||e instanceof t.PlainDate||e instanceof t.PlainMonthDay||e instanceof t.PlainTime||e instanceof t.PlainYearMonth)return!0}return!1}constructor(e,t={}){e instanceof n?(t={...e.opts,...t},e=e.value):e instanceof k&&(e=e.valueOf()),typeof e=="object"&&"calendarId"in e&&t.calendar===void 0&&(t={...t,calendar:e.calendarId}),super(e),this.opts=t}[Symbol.toPrimitive](e){return e==="string"?this.toString():this.toNumber()}toNumber(){let e=this.value;if(typeof e=="number")return e;if(e instanceof Date)return e.getTime();if("epochMilliseconds"in e)return e.epochMilliseconds;if("toZonedDateTime"in e)return e.toZonedDateTime("UTC").epochMilliseconds;throw new TypeError("Unwrapping a non-number value as a number")}toString(e){if(e)try{return e.memoizeIntlObject(Intl.DateTimeFormat,this.opts).format(this.value)}catch(t){e.reportError(t)}return typeof this.value=="number"||this.value instanceof Date?new Date(this.value).toISOString():this.value.toString()}};var Oe=100,Zt="⁨",Jt="⁩";function Qt(n,e,t){if(t===e||t instanceof E&&e instanceof E&&t.value===e.value)return!0;if(e instanceof E&&typeof t=="string"){let r=n.memoizeIntlObject(Intl.PluralRules,e.opts).select(e.value);if(t===r)return!0}return!1}function Re(n,e,t){return e[t]?P(n,e[t].value):(n.reportError(new RangeError("No default")),new f)}function fe(n,e){let t=[],r=Object.create(null);for(let o of e)o.type==="narg"?r[o.name]=q(n,o.value):t.push(q(n,o));return{positional:t,named:r}}function q(n,e){switch(e.type){case"str":return e.value;case"num":return new E(e.value,{minimumFractionDigits:e.precision});case"var":return en(n,e);case"mesg":return tn(n,e);case"term":return nn(n,e);case"func":return rn(n,e);case"select":return on(n,e);default:return new f}}function en(n,{name:e}){let t;if(n.params)if(Object.prototype.hasOwnProperty.call(n.params,e))t=n.params[e];else return new f(`$${e}`);else if(n.args&&Object.prototype.hasOwnProperty.call(n.args,e))t=n.args[e];else return n.reportError(new ReferenceError(`Unknown variable: $${e}`)),new f(`$${e}`);if(t instanceof k)return t;switch(typeof t){case"string":return t;case"number":return new E(t);case"object":if(M.supportsValue(t))return new M(t);default:return n.reportError(new TypeError(`Variable type not supported: $${e}, ${typeof t}`)),new f(`$${e}`)}}function tn(n,{name:e,attr:t}){let r=n.bundle._messages.get(e);if(!r)return n.reportError(new ReferenceError(`Unknown message: ${e}`)),new f(e);if(t){let o=r.attributes[t];return o?P(n,o):(n.reportError(new ReferenceError(`Unknown attribute: ${t}`)),new f(`${e}.${t}`))}return r.value?P(n,r.value):(n.reportError(new ReferenceError(`No value: ${e}`)),new f(e))}function nn(n,{name:e,attr:t,args:r}){let o=`-${e}`,i=n.bundle._terms.get(o);if(!i)return n.reportError(new ReferenceError(`Unknown term: ${o}`)),new f(o);if(t){let l=i.attributes[t];if(l){n.params=fe(n,r).named;let d=P(n,l);return n.params=null,d}return n.reportError(new ReferenceError(`Unknown attribute: ${t}`)),new f(`${o}.${t}`)}n.params=fe(n,r).named;let a=P(n,i.value);return n.params=null,a}function rn(n,{name:e,args:t}){let r=n.bundle._functions[e];if(!r)return n.reportError(new ReferenceError(`Unknown function: ${e}()`)),new f(`${e}()`);if(typeof r!="function")return n.reportError(new TypeError(`Function ${e}() is not callable`)),new f(`${e}()`);try{let o=fe(n,t);return r(o.positional,o.named)}catch(o){return n.reportError(o),new f(`${e}()`)}}function on(n,{selector:e,variants:t,star:r}){let o=q(n,e);if(o instanceof f)return Re(n,t,r);for(let i of t){let a=q(n,i.key);if(Qt(n,o,a))return P(n,i.value)}return Re(n,t,r)}function he(n,e){if(n.dirty.has(e))return n.reportError(new RangeError("Cyclic reference")),new f;n.dirty.add(e);let t=[],r=n.bundle._useIsolating&&e.length>1;for(let o of e){if(typeof o=="string"){t.push(n.bundle._transform(o));continue}if(n.placeables++,n.placeables>Oe)throw n.dirty.delete(e),new RangeError(`Too many placeables expanded: ${n.placeables}, max allowed is ${Oe}`);r&&t.push(Zt),t.push(q(n,o).toString(n)),r&&t.push(Jt)}return n.dirty.delete(e),t.join("")}function P(n,e){return typeof e=="string"?n.bundle._transform(e):he(n,e)}var G=class{constructor(e,t,r){this.dirty=new WeakSet,this.params=null,this.placeables=0,this.bundle=e,this.errors=t,this.args=r}reportError(e){if(!this.errors||!(e instanceof Error))throw e;this.errors.push(e)}memoizeIntlObject(e,t){let r=this.bundle._intls.get(e);r||(r={},this.bundle._intls.set(e,r));let o=JSON.stringify(t);return r[o]||(r[o]=new e(this.bundle.locales,t)),r[o]}};function me(n,e){let t=Object.create(null);for(let[r,o]of Object.entries(n))e.includes(r)&&(t[r]=o.valueOf());return t}var qe=["unitDisplay","currencyDisplay","useGrouping","minimumIntegerDigits","minimumFractionDigits","maximumFractionDigits","minimumSignificantDigits","maximumSignificantDigits"];function Fe(n,e){let t=n[0];if(t instanceof f)return new f(`NUMBER(${t.valueOf()})`);if(t instanceof E)return new E(t.valueOf(),{...t.opts,...me(e,qe)});if(t instanceof M)return new E(t.toNumber(),{...me(e,qe)});throw new TypeError("Invalid argument to NUMBER")}var sn=["dateStyle","timeStyle","fractionalSecondDigits","dayPeriod","hour12","weekday","era","year","month","day","hour","minute","second","timeZoneName"];function We(n,e){let t=n[0];if(t instanceof f)return new f(`DATETIME(${t.valueOf()})`);if(t instanceof M||t instanceof E)return new M(t,me(e,sn));throw new TypeError("Invalid argument to DATETIME")}var Be=new Map;function Ue(n){let e=Array.isArray(n)?n.join(" "):n,t=Be.get(e);return t===void 0&&(t=new Map,Be.set(e,t)),t}var F=class{constructor(e,{functions:t,useIsolating:r=!0,transform:o=i=>i}={}){this._terms=new Map,this._messages=new Map,this.locales=Array.isArray(e)?e:[e],this._functions={NUMBER:Fe,DATETIME:We,...t},this._useIsolating=r,this._transform=o,this._intls=Ue(e)}hasMessage(e){return this._messages.has(e)}getMessage(e){return this._messages.get(e)}addResource(e,{allowOverrides:t=!1}={}){let r=[];for(let o=0;o<e.body.length;o++){let i=e.body[o];if(i.id.startsWith("-")){if(t===!1&&this._terms.has(i.id)){r.push(new Error(`Attempt to override an existing term: "${i.id}"`));continue}this._terms.set(i.id,i)}else{if(t===!1&&this._messages.has(i.id)){r.push(new Error(`Attempt to override an existing message: "${i.id}"`));continue}this._messages.set(i.id,i)}}return r}formatPattern(e,t=null,r=null){if(typeof e=="string")return this._transform(e);let o=new G(this,r,t);try{return he(o,e).toString(o)}catch(i){if(o.errors&&i instanceof Error)return o.errors.push(i),new f().toString(o);throw i}}};var ge=/^(-?[a-zA-Z][\w-]*) *= */gm,je=/\.([a-zA-Z][\w-]*) *= */y,an=/\*?\[/y,pe=/(-?[0-9]+(?:\.([0-9]+))?)/y,dn=/([a-zA-Z][\w-]*)/y,Ke=/([$-])?([a-zA-Z][\w-]*)(?:\.([a-zA-Z][\w-]*))?/y,cn=/^[A-Z][A-Z0-9_-]*$/,Y=/([^{}\n\r]+)/y,ln=/([^\\"\n\r]*)/y,ze=/\\([\\"])/y,Ve=/\\u([a-fA-F0-9]{4})|\\U([a-fA-F0-9]{6})/y,un=/^\n+/,Ge=/ +$/,fn=/ *\r?\n/g,hn=/( *)$/,mn=/{\s*/y,Ye=/\s*}/y,gn=/\[\s*/y,pn=/\s*] */y,yn=/\s*\(\s*/y,wn=/\s*->\s*/y,vn=/\s*:\s*/y,bn=/\s*,?\s*/y,En=/\s+/y,W=class{constructor(e){this.body=[],ge.lastIndex=0;let t=0;for(;;){let s=ge.exec(e);if(s===null)break;t=ge.lastIndex;try{this.body.push(d(s[1]))}catch(c){if(c instanceof SyntaxError)continue;throw c}}function r(s){return s.lastIndex=t,s.test(e)}function o(s,c){if(e[t]===s)return t++,!0;if(c)throw new c(`Expected ${s}`);return!1}function i(s,c){if(r(s))return t=s.lastIndex,!0;if(c)throw new c(`Expected ${s.toString()}`);return!1}function a(s){s.lastIndex=t;let c=s.exec(e);if(c===null)throw new SyntaxError(`Expected ${s.toString()}`);return t=s.lastIndex,c}function l(s){return a(s)[1]}function d(s){let c=g(),h=y();if(c===null&&Object.keys(h).length===0)throw new SyntaxError("Expected message value or attributes");return{id:s,value:c,attributes:h}}function y(){let s=Object.create(null);for(;r(je);){let c=l(je),h=g();if(h===null)throw new SyntaxError("Expected attribute value");s[c]=h}return s}function g(){let s;if(r(Y)&&(s=l(Y)),e[t]==="{"||e[t]==="}")return v(s?[s]:[],1/0);let c=Ne();return c?s?v([s,c],c.length):(c.value=ce(c.value,un),v([c],c.length)):s?ce(s,Ge):null}function v(s=[],c){for(;;){if(r(Y)){s.push(l(Y));continue}if(e[t]==="{"){s.push(b());continue}if(e[t]==="}")throw new SyntaxError("Unbalanced closing brace");let L=Ne();if(L){s.push(L),c=Math.min(c,L.length);continue}break}let h=s.length-1,N=s[h];typeof N=="string"&&(s[h]=ce(N,Ge));let R=[];for(let L of s)L instanceof X&&(L=L.value.slice(0,L.value.length-c)),L&&R.push(L);return R}function b(){i(mn,SyntaxError);let s=m();if(i(Ye))return s;if(i(wn)){let c=Ft();return i(Ye,SyntaxError),{type:"select",selector:s,...c}}throw new SyntaxError("Unclosed placeable")}function m(){if(e[t]==="{")return b();if(r(Ke)){let[,s,c,h=null]=a(Ke);if(s==="$")return{type:"var",name:c};if(i(yn)){let N=de();if(s==="-")return{type:"term",name:c,attr:h,args:N};if(cn.test(c))return{type:"func",name:c,args:N};throw new SyntaxError("Function names must be all upper-case")}return s==="-"?{type:"term",name:c,attr:h,args:[]}:{type:"mesg",name:c,attr:h}}return Ae()}function de(){let s=[];for(;;){switch(e[t]){case")":return t++,s;case void 0:throw new SyntaxError("Unclosed argument list")}s.push(qt()),i(bn)}}function qt(){let s=m();return s.type!=="mesg"?s:i(vn)?{type:"narg",name:s.name,value:Ae()}:s}function Ft(){let s=[],c=0,h;for(;r(an);){o("*")&&(h=c);let N=Wt(),R=g();if(R===null)throw new SyntaxError("Expected variant value");s[c++]={key:N,value:R}}if(c===0)return null;if(h===void 0)throw new SyntaxError("Expected default variant");return{variants:s,star:h}}function Wt(){i(gn,SyntaxError);let s;return r(pe)?s=_e():s={type:"str",value:l(dn)},i(pn,SyntaxError),s}function Ae(){if(r(pe))return _e();if(e[t]==='"')return Bt();throw new SyntaxError("Invalid expression")}function _e(){let[,s,c=""]=a(pe),h=c.length;return{type:"num",value:parseFloat(s),precision:h}}function Bt(){o('"',SyntaxError);let s="";for(;;){if(s+=l(ln),e[t]==="\\"){s+=Ut();continue}if(o('"'))return{type:"str",value:s};throw new SyntaxError("Unclosed string literal")}}function Ut(){if(r(ze))return l(ze);if(r(Ve)){let[,s,c]=a(Ve),h=parseInt(s||c,16);return h<=55295||57344<=h?String.fromCodePoint(h):"�"}throw new SyntaxError("Unknown escape sequence")}function Ne(){let s=t;switch(i(En),e[t]){case".":case"[":case"*":case"}":case void 0:return!1;case"{":return He(e.slice(s,t))}return e[t-1]===" "?He(e.slice(s,t)):!1}function ce(s,c){return s.replace(c,"")}function He(s){let c=s.replace(fn,`
`),h=hn.exec(s)[1].length;return new X(c,h)}}},X=class{constructor(e,t){this.value=e,this.length=t}};var Sn="áƀćđéƒǵĥíĵķĺḿńóṕɋŕśţúṽŵẋýź",Tn="ÁɃĆĐÉƑǴĤÍĴĶĹḾŃÓṔɊŔŚŢÚṼŴẊÝŹ";function xn(n){return n.replace(/[a-zA-Z]/g,e=>{let t=e>="a",r=e.charCodeAt(0)-(t?97:65);return[...t?Sn:Tn][r]??e})}function p(n,e=Xe()){let t=new F("en-GB",{useIsolating:!1,...e==="en-XA"?{transform:xn}:{}});for(let r of n)t.addResource(new W(r));return(r,o)=>{let[i="",a]=r.split("."),l=t.getMessage(i),d=a===void 0?l?.value:l?.attributes[a];return d?t.formatPattern(d,o):r}}function C(){let n=Xe();return n===""||n==="en"||n==="en-XA"?"en-GB":n}function Xe(){return typeof document>"u"?"en":document.documentElement.lang}var S=p([Pe]);function ye(n){let e=Math.max(0,Math.floor(n)),t=Math.floor(e/60),r=Math.floor(t/60),o=Math.floor(r/24);return o>0?r%24>0?S("unit-d-h",{d:`${o}`,h:`${r%24}`}):S("unit-d",{n:`${o}`}):r>0?t%60>0?S("unit-h-min",{h:`${r}`,min:`${t%60}`}):S("unit-h",{n:`${r}`}):t>0?S("unit-min",{n:`${t}`}):S("unit-s",{n:`${e}`})}function Ze(n){return n<60?S("unit-just-now"):ye(n)}function Je(n){let e=Math.max(0,n);return e<9.95?Z(e,1):e<59.5?Z(e,0):Ln(e)}function Z(n,e){return S("unit-s",{n:n.toFixed(e)})}function Ln(n){let e=Math.max(0,Math.round(n)),t=i=>String(i).padStart(2,"0"),r=Math.floor(e/3600),o=Math.floor(e/60)%60;return r>0?`${r}:${t(o)}:${t(e%60)}`:`${o}:${t(e%60)}`}function A(n){let e=n/1e6;return e<.9995?S("unit-kbps",{n:`${Math.round(n/1e3)}`}):S("unit-mbps",{n:e<9.95?e.toFixed(1):`${Math.round(e)}`})}function Qe(n){let[e,t]=n<1e6?["unit-kb",n/1e3]:n<1e9?["unit-mb",n/1e6]:n<1e12?["unit-gb",n/1e9]:["unit-tb",n/1e12];return S(e,{n:t<9.95?t.toFixed(1):`${Math.round(t)}`})}function we(n){return S("unit-fps",{n:`${Number(n.toFixed(2))}`})}function w(n){return Math.round(n).toLocaleString(C())}function et(n,e,t){let r=t===void 0?{}:{timeZone:t},o=d=>d.toLocaleDateString("en-CA",r),i=n.toLocaleTimeString(C(),{...r,hour:"2-digit",minute:"2-digit"});if(o(n)===o(e))return i;if(o(n)===o(new Date(e.getTime()-864e5)))return S("unit-yesterday",{time:i});let a=o(n).slice(0,4)===o(e).slice(0,4);return`${n.toLocaleDateString(C(),{...r,day:"numeric",month:"long",...a?{}:{year:"numeric"}})} ${i}`}function tt(n,e){let t=e===void 0?{}:{timeZone:e};return n.toLocaleDateString(C(),{...t,day:"numeric",month:"long",year:"numeric"})}function nt(n,e,t){let r=t===void 0?{}:{timeZone:t},o=a=>a.toLocaleDateString("en-CA",r).slice(0,4);return`${n.toLocaleDateString(C(),{...r,day:"numeric",month:"long",...o(n)===o(e)?{}:{year:"numeric"}})}, ${n.toLocaleTimeString(C(),{...r,hour:"2-digit",minute:"2-digit"})}`}function rt(n){let e=(t,r)=>t===null?"–":r(t);return{live:w(n.streams.length),viewers:w(n.viewers.hls+n.viewers.webrtc),sending:e(n.sending_bit_rate,A),receiving:A(n.bit_rate),memory:e(n.memory_bytes,Qe),files:e(n.open_files,w)}}function ot(n){let e=document.querySelector("[data-server]");if(!e)return;let t=!1,r=D("server",o=>{let i=e.querySelector("[data-stale]"),a=o,l=a!==void 0&&"streams"in a;e.classList.toggle("stale",!l),i&&(i.hidden=l),l&&(kn(e,a),a.key!==e.dataset.server&&!t&&(t=!0,Mn(e,n).finally(()=>t=!1)))});H(r)}function kn(n,e){for(let[t,r]of Object.entries(rt(e))){let o=n.querySelector(`[data-tile="${t}"]`),[i="",a=""]=r.split(" ");B(o?.querySelector("[data-number]"),i),B(o?.querySelector("[data-unit]"),a)}for(let t of e.streams){let r=n.querySelector(`[data-stream="${CSS.escape(t.slug)}"]`);B(r?.querySelector("[data-bit-rate]"),A(t.bit_rate)),B(r?.querySelector("[data-viewers-count]"),w(t.viewers.hls+t.viewers.webrtc))}}async function Mn(n,e){let t=await $n();if(t){n.dataset.server=t.dataset.server??"";for(let r of n.querySelectorAll("[data-part]")){let o=t.querySelector(`[data-part="${r.dataset.part??""}"]`);if(!o)continue;if(r.dataset.part==="tiles"){let a=o.querySelectorAll(".verdict");r.querySelectorAll(".verdict").forEach((l,d)=>B(l,a[d]?.textContent??""));continue}let i=r.contains(document.activeElement)?document.activeElement?.getAttribute("href"):null;r.replaceWith(document.adoptNode(o)),e(o),i&&o.querySelector(`a[href="${CSS.escape(i)}"]`)?.focus()}}}async function $n(){try{let n=await fetch(location.href,{headers:{accept:"text/html"}});return n.ok?new DOMParser().parseFromString(await n.text(),"text/html").querySelector("[data-server]")??void 0:void 0}catch{return}}function B(n,e){n&&n.textContent!==e&&(n.textContent=e)}function it(){document.addEventListener("click",n=>{if(n.defaultPrevented||n.button!==0||n.metaKey||n.ctrlKey||n.shiftKey||n.altKey)return;let e=n.target instanceof Element?n.target.closest("a[data-ask]"):null;e&&(n.preventDefault(),An(e.href))})}async function An(n){let e=await _n(n),t=e?.querySelector("h1");if(!e||!t){location.href=n;return}let r=document.createElement("dialog");r.className="dialog small",r.setAttribute("aria-labelledby","question-h"),e.querySelector("#question-about")&&r.setAttribute("aria-describedby","question-about");let o=document.createElement("h2");o.id="question-h",o.textContent=t.textContent,t.remove();let i=document.createElement("header");i.append(o);let a=document.createElement("div");a.className="body",a.append(e),r.append(i,a);let l=e.querySelector("[data-no]");l?.addEventListener("click",d=>{d.preventDefault(),r.close()}),r.addEventListener("close",()=>r.remove()),document.body.append(r),r.showModal(),(e.querySelector("input:not([type=hidden])")??l)?.focus()}async function _n(n){try{let e=await fetch(n,{headers:{accept:"text/html"}});if(!e.ok||e.redirected)return;let r=new DOMParser().parseFromString(await e.text(),"text/html").querySelector("[data-question]");return r?document.adoptNode(r):void 0}catch{return}}var st=`# Access codes: the list, one code, making and changing one, and the question before one is deleted.

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
codes-use-now = Watching now
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
`;var Hn=p([st]);function at(){for(let e of document.querySelectorAll("form[data-at-once]")){let t=e.querySelector("button");t&&(t.hidden=!0),e.addEventListener("change",()=>e.requestSubmit())}let n=document.querySelector("form[data-code-form]");n&&(Cn(n),In(n),On(n))}function Cn(n){let e=()=>{let t=new FormData(n);for(let r of n.querySelectorAll("[data-when]")){let[o="",i=""]=(r.dataset.when??"").split("=");r.hidden=t.get(o)!==i}};e(),n.addEventListener("change",e)}function In(n){let e=[...n.querySelectorAll("input[data-utc]")],t=Intl.DateTimeFormat().resolvedOptions().timeZone;for(let r of e)r.value=Dn(r.value);for(let r of n.querySelectorAll("[data-zone]"))r.textContent=Hn("codes-form-zone",{zone:t});n.addEventListener("formdata",({formData:r})=>{for(let o of e)r.set(o.name,Pn(o.value))})}function Dn(n){let e=new Date(`${n}Z`);return Number.isNaN(e.getTime())?n:new Date(e.getTime()-e.getTimezoneOffset()*6e4).toISOString().slice(0,16)}function Pn(n){let e=new Date(n);return Number.isNaN(e.getTime())?n:e.toISOString()}function On(n){let e=n.querySelector("[data-filter]"),t=e?.querySelector("input"),r=document.getElementById(e?.dataset.filter??"");!e||!t||!r||(e.hidden=!1,t.addEventListener("input",()=>{for(let o of r.querySelectorAll("label")){let i=o.querySelector("input")?.checked===!0;o.hidden=!i&&!Rn(o.textContent??"",t.value)}}),t.addEventListener("keydown",o=>{o.key==="Enter"&&o.preventDefault()}))}function Rn(n,e){let t=n.toLowerCase();return e.toLowerCase().split(/\s+/).every(r=>t.includes(r))}var ve=p([j]),qn="YOUR-KEY",Fn=2e3;function J(n,e){for(let t of n.querySelectorAll("button[data-copy]"))t.hidden=!1,t.addEventListener("click",()=>{Wn(t,e)})}async function Wn(n,e){let t=document.getElementById(n.dataset.copy??"");if(!t||!await Un(t))return;let r=n.querySelector("span");n.classList.add("done"),r&&(r.textContent=ve("frame-copied")),e(ve("frame-copied")),setTimeout(()=>{n.classList.remove("done"),r&&(r.textContent=ve("frame-copy"))},Fn)}function Bn(n,e){return e===void 0?n:n.replaceAll(qn,e)}async function Un(n){let e=document.getElementById("stream-key"),t=n instanceof HTMLInputElement?n.value:Bn(n.textContent??"",e instanceof HTMLInputElement?e.value:void 0);try{return await navigator.clipboard.writeText(t),!0}catch{return jn(t)}}function jn(n){let e=document.createElement("textarea");e.value=n,e.className="vh";let t=document.activeElement;document.body.append(e),e.select();let r=document.execCommand("copy");return e.remove(),t instanceof HTMLElement&&t.focus(),r}var Q=`# How a stream stands, wherever it is said.

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
`;var I=p([Q]);function zn(n){switch(n){case"live":return I("live-badge");case"away":return I("live-badge-away");case"offline":return I("live-badge-offline");case"ended":return I("live-badge-ended");default:return I("live-badge-closed")}}function te(n,{state:e,since:t,viewers:r}){let o=e==="live";for(let i of n.querySelectorAll("[data-badge]"))ee(i,zn(e)),i.classList.toggle("live",o);for(let i of n.querySelectorAll("[data-on-air]"))i.hidden=!o&&e!=="away";for(let i of n.querySelectorAll("[data-viewers]"))ee(i,I("live-watching",{count:w(r)}));if(t!==null){for(let i of n.querySelectorAll("time[data-time], time[data-age]"))i.dateTime=t;T(n)}}function dt(n,e){let t=e===null?"–":I("live-behind",{delay:Je(e)});for(let r of n.querySelectorAll("[data-delay]"))ee(r,t)}function T(n){let e=new Date;for(let t of Gn(n)){let r=new Date(t.dateTime);Number.isNaN(r.getTime())||ee(t,Vn(t,r,e))}}function Vn({dataset:n},e,t){return"age"in n?Ze((t.getTime()-e.getTime())/1e3):"day"in n?tt(e):"moment"in n?nt(e,t):et(e,t)}function Gn(n){return n.querySelectorAll("time[data-time], time[data-age], time[data-day], time[data-moment]")}function ee(n,e){n.textContent!==e&&(n.textContent=e)}var ct=`# What the server receives: state, figures, findings, refusals. Said by pages and, as it changes, by scripts.

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
`;function lt(n){let e=n.filter(y=>y!==null);if(e.length<2)return{line:"",area:""};let t=Math.max(...e),r=t>0?29/t:0,o=Math.max(n.length,60)-1,i=Math.max(1,Math.ceil(n.length/100)),[a,l]=["",""],d;return n.forEach((y,g)=>{let v=g%i===0||g+1===n.length,b=(100-(n.length-1-g)*100/o).toFixed(1);if(y===null)d!==void 0&&(l+=`L${d} 32z`),d=void 0;else if(v){let m=(32-y*r).toFixed(1);a+=`${d===void 0?"M":"L"}${b} ${m}`,l+=`${d===void 0?`M${b} 32`:""}L${b} ${m}`,d=b}}),d!==void 0&&(l+=`L${d} 32z`),{line:a,area:l}}function ne(n){let e=n.slice(-60).filter(a=>a!==null);if(e.length<5)return{kind:"unknown"};let[t,r]=[Math.min(...e),Math.max(...e)],[o,i]=[(t+r)/2,(r-t)/2];return i<=o*.15?{kind:"steady",by:i}:{kind:"moving",low:t,high:r}}var u=p([ct]),Xn=" ",Zn=5,ut=300;function ft(n){if(!(typeof n!="object"||n===null||!("refusals"in n)))return n}function Jn(n){return n===null?"waiting":n.state==="away"?"away":n.tracks.length===0?"starting":"receiving"}function ht(n){let{live:e,last_ended:t}=n,r=Jn(e);if(e!==null&&r==="receiving"){let a=n.test_signal?u("health-by-test"):u("health-by",{protocol:Se(e.protocol),address:n.publisher??""});return{standing:r,heading:u("health-receiving",{what:Qn(e)}),note:a,since:e.since,ended:void 0}}let o=t?(Date.parse(t.until)-Date.parse(t.since))/1e3:0,i=t&&e===null?{words:u("health-last",{length:ye(o)}),at:t.until}:void 0;switch(r){case"starting":return{standing:r,heading:u("health-starting"),note:u("health-starting.note"),since:void 0,ended:i};case"away":return{standing:r,heading:u("health-away"),note:u("health-away.note"),since:void 0,ended:i};default:return{standing:r,heading:u("health-waiting"),note:u("health-waiting.note"),since:void 0,ended:i}}}function Se(n){return u(`health-protocol-${n}`)}function Qn(n){let e=n.tracks.find(o=>o.kind==="video"),t=n.tracks.find(o=>o.kind==="audio"),r=[];if(e){e.width!==void 0&&e.height!==void 0&&r.push(`${e.width}×${e.height}`);let o=er(n,e.frame_rate);o!==void 0&&r.push(we(o)),r.push(`${e.codec} ${e.profile??""}`.trimEnd())}else r.push(u("health-no-picture"));return r.push(t?tr(t):u("health-no-sound")),n.bit_rate>0&&r.push(A(n.bit_rate)),r.join(", ")}function er(n,e){let t=n.frame_rate;return t===null||e!==void 0&&Math.abs(t-e)<e*.02?e:Te(t)}function tr(n){return n.sample_rate===void 0||n.channels===void 0?n.codec:u("health-sound",{codec:n.codec,khz:String(n.sample_rate/1e3),channels:n.channels})}function mt(n,e){let t=(...m)=>n?.warnings.find(({code:de})=>m.includes(de)),r=e.map(m=>m.bit_rate),o=r.findIndex(m=>m!==null&&m>0),i=r.slice(o<0?0:o+Zn),a=e.map(m=>m.frame_rate),l=e.map(m=>m.key_frame_interval_s),d=e.map(({viewers:m})=>m.hls+m.webrtc),y=m=>we(Te(m)),g=t("key_frames_far_apart"),{hls:v,webrtc:b}=n?.viewers??{hls:0,webrtc:0};return[oe("health-bit-rate",re(n?.bit_rate,A),r,be(ne(i),2e4,A),!!t("bit_rate_over_told","frames_late")),oe("health-frame-rate",re(n?.frame_rate,y),a,be(ne(a),.5,y),!!t("variable_frame_rate","frames_lost")),oe("health-key-frames",re(n?.key_frame_interval_s,Ee),l,g?u("health-should-be",{expected:Ee(g.expected??2)}):be(ne(l),.1,Ee),g!==void 0),oe("health-watching",re(n&&v+b,w),d,b>0?u("health-viewers",{webrtc:w(b),hls:w(v)}):u("health-viewers-hls",{hls:w(v)}),!1)]}function re(n,e){return n==null?"–":e(n)}function oe(n,e,t,r,o){let[i="",a=""]=e.split(Xn),l=u("health-chart",{label:u(n),verdict:r});return{id:n,number:i,unit:a,verdict:r,chart:l,warned:o,spark:lt(t)}}function be(n,e,t){return n.kind==="unknown"?u("health-measuring"):n.kind==="moving"?u("health-between",{low:t(n.low),high:t(n.high)}):n.by<e?u("health-steady"):u("health-steady-by",{by:t(n.by)})}function Te(n){return Math.round(n*10)/10}function Ee(n){let e=Te(n);return Z(e,Number.isInteger(e)?0:1)}var ie=class{#e=[];get samples(){return this.#e}replace(e){this.#e=e.slice(-ut)}add(e,t){let r=this.#e.at(-1),o=r?t-Date.parse(r.at):0,{bit_rate:i,frame_rate:a,key_frame_interval_s:l,viewers:d}=e;return r&&o<900?!1:(this.#e.push({at:new Date(t).toISOString(),bit_rate:i,frame_rate:a,key_frame_interval_s:l,viewers:d}),this.#e.length>ut&&this.#e.shift(),o>3500)}};var nr=p([Q]),rr=5e3;function gt(n){let e=document.querySelector("[data-golive]");e&&new xe(e,n).begin()}var xe=class{#e;#s;#r;#t=new ie;#o;#d=!1;#n;#c=new Map;constructor(e,t){this.#e=e,this.#s=t,this.#r=e.dataset.golive??"",this.#o=e.dataset.standing??"waiting"}begin(){H(D(`stream:${this.#r}`,(e,t)=>this.#a(e,t))),V(()=>this.#S(),rr),this.#h()}#a(e,t){let r=e===void 0?void 0:ft(e),o=this.#i("[data-stale]");o&&(o.hidden=r!==void 0,e!==void 0&&r===void 0?_(o,u("health-closed")):_(o,u("health-stale"))),this.#e.classList.toggle("stale",r===void 0),r&&this.#u(r,t)}#u(e,t){if(e.live===null?(this.#t.replace([]),this.#d=!1):(!this.#d||this.#t.add(e.live,t))&&this.#g(),this.#f(ht(e)),e.live)for(let r of mt(e.live,this.#t.samples))this.#v(r);this.#x("notes",e.live?.warnings??[],r=>this.#y(r)),this.#x("refused",e.refusals,r=>this.#L(r)),this.#E(e.live?.state==="receiving"?e.key_in_use?.id:void 0);for(let r of this.#l("[data-test-start]"))r.hidden=e.test_signal;for(let r of this.#l("[data-test-stop]"))r.hidden=!e.test_signal}async#g(){this.#d=!0;try{let e=await fetch(`/api/streams/${this.#r}/history`,{headers:{accept:"application/json"}});e.ok&&this.#t.replace((await e.json()).samples)}catch{}}#f(e){document.dispatchEvent(new CustomEvent("golive-banner",{detail:e}));let t=this.#i("[data-banner]");if(!t)return;let[r,o]=e.standing==="receiving"?["ok","ok"]:e.standing==="away"?["warn","warn"]:["wait",""];t.className=`banner sentence ${o}`.trimEnd();for(let d of this.#l("[data-mark]"))d.toggleAttribute("hidden",d.dataset.mark!==r);_(this.#i("[data-heading]"),e.heading),_(this.#i("[data-note]"),e.note),this.#p("[data-since]",e.since),this.#p("[data-ended]",e.ended?.at),_(this.#i("[data-ended-words]"),e.ended?.words??"");let i=e.standing!=="waiting";for(let d of this.#l("[data-on]"))d.hidden=!i;let a=this.#i("[data-badge]"),l=e.standing==="receiving"||e.standing==="starting";_(a,nr(l?"live-badge":i?"live-badge-away":"live-badge-offline")),a?.classList.toggle("live",l),e.standing!==this.#o&&(this.#o=e.standing,this.#s(i?e.heading:u("health-now-waiting")),this.#S())}#p(e,t){let r=this.#i(e);if(r&&(r.hidden=t===void 0,t!==void 0)){for(let o of r.querySelectorAll("time"))o.dateTime=t;T(r)}}#v(e){let t=this.#i(`[data-tile="${e.id}"]`);if(!t)return;_(t.querySelector("[data-number]"),e.number),_(t.querySelector("[data-unit]"),e.unit);let r=t.querySelector("[data-verdict]");_(r,e.verdict),r?.classList.toggle("warn",e.warned);let o=t.querySelector("svg");o?.classList.toggle("warn",e.warned),o?.getAttribute("aria-label")!==e.chart&&o?.setAttribute("aria-label",e.chart),o?.querySelector(".l")?.setAttribute("d",e.spark.line),o?.querySelector(".a")?.setAttribute("d",e.spark.area)}#y(e){let t=this.#i("[data-notes]");t&&(t.hidden=e.length===0,t.replaceChildren(...e.map(r=>this.#w(r))))}#w(e){let t=this.#b(e.severity==="notice"?"info":"warn",e.severity==="problem"?"tone-bad":"tone-warn"),{fixObs:r="",fixFfmpeg:o=""}=this.#i("[data-notes]")?.dataset??{},i=x("p","fix",x("strong","",r),` ${e.fix}`);if(e.fix_ffmpeg!==null){let a=x("span","mono",e.fix_ffmpeg);a.translate=!1,i.append(` ${o} `,a)}return x("li","",t,x("div","",x("p","name",e.title),x("p","quiet-text",e.why),i))}#L(e){let t=this.#i("[data-refused]");if(!t)return;t.hidden=e.length===0;let r=[...t.querySelectorAll("th")].map(d=>d.textContent??""),o=(d,...y)=>{let g=x("td","",...y);return d<3&&(g.dataset.label=r[d]??""),g},i=e.map(d=>{let y=document.createElement("time");y.dateTime=d.at,y.dataset.time="";let g=d.times>1?[x("small","",u("health-refused-times",{count:w(d.times)}))]:[],v=o(1,d.address);v.className="num";let b=this.#e.dataset.server??"",m=b===""?d.fix:d.fix.replace("rtmp://HOST:1935/live",b);return x("tr","",o(0,y,...g),v,o(2,Se(d.protocol)),o(3,d.message,x("small","",m)))});t.querySelector("tbody")?.replaceChildren(...i),T(t);let a=e[0],l=a!==void 0&&this.#n!==void 0&&a.at!==this.#n;this.#n=a?.at??"",l&&this.#s(u("health-refused-new",{message:a.message}))}#E(e){for(let t of this.#l("[data-key]")){let r=t.dataset.key===e;t.querySelector("[data-in-use]")?.toggleAttribute("hidden",!r),t.querySelector("[data-not-in-use]")?.toggleAttribute("hidden",r)}}#S(){let e=this.#e.querySelector("video[data-picture]");if(!e||this.#o!=="receiving"||document.visibilityState!=="visible")return;let t=e.cloneNode();t.muted=!0,t.addEventListener("loadeddata",()=>e.replaceWith(t),{once:!0}),t.src=`${e.dataset.picture??""}?at=${Date.now()}`}#h(){for(let e of this.#l("form[data-download]"))e.addEventListener("submit",()=>setTimeout(()=>{this.#T()},1e3))}async#T(){try{let e=await fetch(location.pathname,{headers:{accept:"text/html"}}),t=new DOMParser().parseFromString(await e.text(),"text/html"),[r,o]=[t.querySelector("[data-keys]"),this.#i("[data-keys]")];r&&o&&o.replaceWith(r),T(this.#e)}catch{}}#x(e,t,r){let o=JSON.stringify(t);this.#c.get(e)!==o&&(this.#c.set(e,o),r(t))}#b(e,t){let r="http://www.w3.org/2000/svg",o=document.createElementNS(r,"svg");o.setAttribute("class",`icon ${t}`),o.setAttribute("aria-hidden","true");let i=document.createElementNS(r,"use");return i.setAttribute("href",`${document.body.dataset.sprite??""}#i-${e}`),o.append(i),o}#i(e){return this.#e.querySelector(e)}#l(e){return this.#e.querySelectorAll(e)}};function x(n,e,...t){let r=document.createElement(n);return e!==""&&(r.className=e),r.append(...t),r}function _(n,e){n&&n.textContent!==e&&(n.textContent=e)}var or=["live","away","offline","ended","ready","processing","failed","not_allowed"];function pt(n){if(typeof n!="object"||n===null)return;let e=n,t=e.state;if(typeof t!="string"||!or.includes(t))return;let r=i=>typeof i=="number"&&Number.isFinite(i)&&i>=0?i:0,o=i=>typeof i=="string"&&!Number.isNaN(Date.parse(i))?i:null;return{state:t,since:o(e.since),until:o(e.until),grace_s:r(e.grace_s),viewers:r(e.viewers),title:typeof e.title=="string"?e.title:"",...typeof e.reason=="string"?{reason:e.reason}:{}}}function yt(n){let e=n;return typeof e!="object"||!Array.isArray(e?.live)||!Array.isArray(e.offline)?void 0:{live:e.live.flatMap(r=>{let o=pt(r),{slug:i,poster:a}=r??{};return o&&typeof i=="string"?[{...o,slug:i,hasPoster:typeof a=="string"}]:[]}),offline:e.offline.filter(r=>typeof r=="string")}}function Le(n,e){return[n,e].map(t=>[...t].sort().join(" ")).join("/")}function wt(n){let[e="",t=""]=n.split("/").map(o=>o.trim()),r=o=>o.split(/\s+/).filter(Boolean);return Le(r(e),r(t))}var ir=3e4,sr=5e3,vt=8e3,ar=1280,se=class{#e=new Set;#s=new WeakMap;#r;#t=!1;constructor(){this.#r=new IntersectionObserver(e=>{for(let{target:t,isIntersecting:r}of e){let o=t.querySelector("canvas[data-poster]");o&&r?this.#e.add(o):o&&this.#e.delete(o)}this.#o()}),V(()=>{this.#o()},sr)}watch(e){this.#r.disconnect(),this.#e.clear();for(let t of e.querySelectorAll("canvas[data-poster]"))t.parentElement&&this.#r.observe(t.parentElement)}async#o(){if(!this.#t){for(this.#t=!0;;){let e=r=>Date.now()-(this.#s.get(r)??0)>=ir,t=document.visibilityState==="visible"?[...this.#e].find(e):void 0;if(!t)break;this.#s.set(t,Date.now()),await dr(t)}this.#t=!1}}};async function dr(n){let e=await cr(n.dataset.poster??"");if(!e)return;let t=URL.createObjectURL(e),r=document.createElement("video");try{if(r.muted=!0,r.playsInline=!0,r.preload="auto",r.src=t,!await lr(r))return;let o=Math.min(1,ar/r.videoWidth);n.width=Math.round(r.videoWidth*o),n.height=Math.round(r.videoHeight*o),n.getContext("2d")?.drawImage(r,0,0,n.width,n.height),n.hidden=!1}finally{r.removeAttribute("src"),r.load(),URL.revokeObjectURL(t)}}async function cr(n){try{let e=await fetch(n,{signal:AbortSignal.timeout(vt)});return e.status===200?await e.blob():void 0}catch{return}}async function lr(n){let e=AbortSignal.timeout(vt);return!await new Promise(r=>{n.addEventListener("loadeddata",()=>r(!0),{once:!0}),n.addEventListener("error",()=>r(!1),{once:!0}),e.addEventListener("abort",()=>r(!1),{once:!0})})||n.videoWidth===0?!1:(await Promise.race([n.play().catch(()=>{}),new Promise(r=>setTimeout(r,1e3))]),!0)}var bt=p([K]),Et="[data-live-list]",ur=3e3;function St(n){let e=document.querySelector(Et);if(!e)return;let t=new ke(e,n);H(D("home",r=>t.hear(r===void 0?void 0:yt(r))))}var ke=class{#e;#s;#r=new se;#t;#o=!1;constructor(e,t){this.#e=e,this.#s=t,this.#r.watch(e)}hear(e){this.#e.classList.toggle("stale",e===void 0);for(let t of this.#e.querySelectorAll("[data-stale]"))t.hidden=e!==void 0;if(e){this.#d(e),this.#t=e;for(let t of e.live){let r=this.#n(t.slug);r&&te(r,t)}this.#c()}}#d(e){if(!this.#t)return;let t=d=>new Map(d.live.map(({slug:y,title:g})=>[y,g])),[r,o]=[t(this.#t),t(e)],i=[...o].filter(([d])=>!r.has(d)).map(([,d])=>bt("script-began",{title:d})),a=[...r].filter(([d])=>!o.has(d)).map(([,d])=>bt("script-ended",{title:d})),l=[...i,...a];l.length>0&&this.#s(l.join(". "))}#n(e){return this.#e.querySelector(`[data-slug="${CSS.escape(e)}"]`)}async#c(){if(this.#o||this.#a())return;this.#o=!0;let e=await fr();if(this.#o=!1,!e){setTimeout(()=>{this.#c()},ur);return}let t=this.#e.contains(document.activeElement)?document.activeElement?.getAttribute("href"):null,r=this.#e.querySelector("[data-library]"),o=r?.contains(document.activeElement)===!0?document.activeElement:void 0;r&&e.querySelector("[data-library]")?.replaceWith(r),this.#e.replaceWith(e),o instanceof HTMLElement&&o.focus(),this.#e=e,this.#r.watch(e),T(e),t&&e.querySelector(`a[href="${CSS.escape(t)}"]`)?.focus()}#a(){if(!this.#t)return!0;let e=this.#t.live.map(({slug:r})=>r);return this.#t.live.some(({slug:r,hasPoster:o})=>o&&!this.#n(r)?.querySelector("[data-poster]"))?!1:wt(this.#e.dataset.liveList??"")===Le(e,this.#t.offline)}};async function fr(){try{let n=await fetch(location.href,{headers:{accept:"text/html"},signal:AbortSignal.timeout(8e3)});return n.ok?new DOMParser().parseFromString(await n.text(),"text/html").querySelector(Et)??void 0:void 0}catch{return}}var Tt=`# Whether the browser that looks reaches the port of WebRTC.

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
`;var $=p([Tt]),mr=6e3;function gr(n,e){let t=new Set;for(let r of n.split(/\r?\n/)){let[,,o="",,i="",a=""]=r.startsWith("a=candidate:")?r.split(" "):[];o.toLowerCase()===e&&t.add(i.includes(":")?`[${i}]:${a}`:`${i}:${a}`)}return[...t]}function pr(n,e){return n.split(`\r
`).filter(r=>!r.startsWith("a=candidate:")||r.split(" ")[2]?.toLowerCase()===e).join(`\r
`)}function yr(n){switch(n.is){case"udp":return{what:$("reach-udp",{address:n.address}),tone:"ok"};case"tcp":{let e={address:n.address,offered:n.offered.join(", "),port:xt(n.offered)};return{what:$("reach-tcp",e),fix:$("reach-tcp.fix",e),tone:"warn"}}case"none":{let e={offered:n.offered.join(", "),port:xt(n.offered)};return{what:$("reach-none",e),fix:$("reach-none.fix",e),tone:"warn"}}case"off":return{what:$("reach-off"),tone:"note"};case"unknown":return{what:$("reach-unknown"),tone:"note"};case"failed":return{what:$("reach-failed"),fix:$("reach-failed.fix"),tone:"warn"}}}function xt(n){return n[0]?.split(":").at(-1)??"8189"}function Mt(n){let e=document.querySelector("[data-reach]"),t=document.querySelector("[data-reach-again]");if(!e||!t)return;let r=async o=>{t.disabled=!0,Lt(e,{what:$("reach-looking"),tone:"note"});let i=yr(await wr());Lt(e,i),o&&n([i.what,i.fix??""].join(" ")),t.hidden=!1,t.disabled=!1};t.addEventListener("click",()=>{r(!0)}),r(!1)}function Lt(n,e){for(let o of n.querySelectorAll("[data-tone]"))o.toggleAttribute("hidden",o.dataset.tone!==e.tone);let[t,r]=n.querySelectorAll("p");t&&(t.textContent=e.what),r&&(r.textContent=e.fix??"",r.hidden=e.fix===void 0)}async function wr(){if(typeof RTCPeerConnection>"u")return{is:"unknown"};try{let[n,e]=await Promise.all([kt("udp"),kt("tcp")]);return n===void 0||e===void 0?{is:"off"}:n.address!==void 0?{is:"udp",address:n.address}:e.address!==void 0?{is:"tcp",address:e.address,offered:n.offered}:{is:"none",offered:n.offered}}catch{return{is:"failed"}}}async function kt(n){let e=new RTCPeerConnection;try{e.addTransceiver("audio",{direction:"recvonly"}),await e.setLocalDescription();let t=await fetch("/api/webrtc/reach",{method:"POST",headers:{"content-type":"application/sdp"},body:e.localDescription?.sdp??""});if(t.status===501)return;if(!t.ok)throw new Error(`${t.status}`);let r=await t.text(),o=gr(r,n);if(o.length===0)return{offered:o};let i=vr(e);await e.setRemoteDescription({type:"answer",sdp:pr(r,n)});let a=await i?await br(e):void 0;return a===void 0?{offered:o}:{address:a,offered:o}}finally{e.close()}}function vr(n){return new Promise(e=>{let t=setTimeout(()=>e(!1),mr);n.addEventListener("connectionstatechange",()=>{["connected","failed","closed"].includes(n.connectionState)&&(clearTimeout(t),e(n.connectionState==="connected"))})})}async function br(n){let e=await n.getStats(),t;e.forEach(o=>{o.type==="candidate-pair"&&o.state==="succeeded"&&(o.nominated===!0||t===void 0)&&(t=o)});let r=e.get(t?.remoteCandidateId??"");if(!(r?.address===void 0||r.port===void 0))return r.address.includes(":")?`[${r.address}]:${r.port}`:`${r.address}:${r.port}`}function At(n){let e=document.querySelector("main [data-share-box]");e&&Er(e),document.addEventListener("click",t=>{if(t.defaultPrevented||t.button!==0||t.metaKey||t.ctrlKey||t.shiftKey||t.altKey)return;let r=t.target instanceof Element?t.target.closest("a[data-share]"):null;r&&(t.preventDefault(),Sr(r.href,n))})}function Er(n){let e=n.querySelector("form[data-share-options]");Ht(n),e?.addEventListener("change",t=>{_t(e,t.target)&&e.requestSubmit()})}async function Sr(n,e){let t=await Ct(()=>fetch(n,{headers:{accept:"text/html"}}));if(!t){location.href=n;return}let r=document.createElement("dialog");r.className="dialog",r.setAttribute("aria-labelledby","share-h"),r.addEventListener("close",()=>r.remove()),r.addEventListener("click",o=>{o.target instanceof Element&&o.target.closest("[data-share-done]")&&(o.preventDefault(),r.close())}),r.addEventListener("change",o=>{let i=o.target instanceof Element?o.target.closest("form[data-share-options]"):null;i&&_t(i,o.target)&&$t(r,i,e)}),r.addEventListener("submit",o=>{o.target instanceof HTMLFormElement&&(o.preventDefault(),$t(r,o.target,e))}),Nt(r,t,e),document.body.append(r),r.showModal(),r.querySelector("select")?.focus()}function _t(n,e){let t=n.elements.namedItem("start");return!(e instanceof HTMLInputElement&&e.name==="t"&&t instanceof HTMLInputElement&&!t.checked)}async function $t(n,e,t){let r=new URLSearchParams([...new FormData(e)].map(([g,v])=>[g,String(v)])),o={accept:"text/html"},i=e.method==="post",a=await Ct(()=>i?fetch(e.action,{method:"POST",body:r,headers:o}):fetch(`${e.action.split("?")[0]}?${r}`,{headers:o}));if(!n.open)return;if(!a){n.close(),e.hidden=!0,document.body.append(e),e.submit();return}let l=document.activeElement instanceof HTMLElement?document.activeElement.id:"";Nt(n,a,t);let d=n.querySelector("[data-told]");d&&t(d.textContent?.trim()??""),((l===""?null:n.querySelector(`#${CSS.escape(l)}`))??n.querySelector(i?"#share-link":"select"))?.focus()}function Nt(n,e,t){let r=document.createElement("h2");r.id="share-h",r.textContent=e.querySelector("h1")?.textContent??"";let o=document.createElement("button");o.type="button",o.className="btn plain icon-only",o.setAttribute("aria-label",e.dataset.close??""),o.innerHTML=`<svg class="icon" aria-hidden="true"><use href="${document.body.dataset.sprite??""}#i-x"></use></svg>`,o.addEventListener("click",()=>n.close());let i=document.createElement("header");i.append(r,o);let a=e.querySelector("[data-share-body]")??e;a.classList.add("body");let l=document.createElement("footer");l.append(...e.querySelector("[data-share-foot]")?.childNodes??[]),n.replaceChildren(i,a,l),Ht(n),J(n,t)}function Ht(n){for(let e of n.querySelectorAll("[data-without-script]"))e.hidden=!0}async function Ct(n){try{let e=await n();if(!e.ok)return;let r=new DOMParser().parseFromString(await e.text(),"text/html").querySelector("[data-share-box]");return r?document.adoptNode(r):void 0}catch{return}}function It(n){return n.toLowerCase().replace(/[^a-z0-9]+/g,"-").replace(/^-/,"").slice(0,63).replace(/-$/,"")}function Dt(){let n=document.querySelector("input[data-title]"),e=document.querySelector("input[data-slug]");if(!n||!e)return;let t=It(n.value);n.addEventListener("input",()=>{e.value!==""&&e.value!==t||(t=It(n.value),e.value=t)})}var U=p([j]),Tr=p([K]),ae=["system","light","dark"],Pt="media-server.theme";Rt($e());document.addEventListener("DOMContentLoaded",()=>{setInterval(()=>T(document),15e3),it(),Ot()});De(Ot);function Ot(){kr(),T(document),Mr(),$r(),_r(),St(O),J(document,O),At(O),at(),Dt(),gt(O),Mt(O),ot(T),xr()}function xr(){let n=document.querySelector("[data-watch-facts]");if(!n)return;let e=z(),t,r=i=>{let a=i.detail;te(n,a),a.state==="live"&&t!==void 0&&t!=="live"&&O(Tr("script-began",{title:a.title})),t=a.state};document.addEventListener("stage-state",r,{signal:e});let o=i=>dt(n,i.detail.delay_s);document.addEventListener("stage-stats",o,{signal:e})}function Lr(n){switch(n){case"system":return U("frame-appearance-system");case"light":return U("frame-appearance-light");case"dark":return U("frame-appearance-dark")}}function $e(){try{let n=localStorage.getItem(Pt);return ae.find(e=>e===n)??"system"}catch{return"system"}}function Rt(n){n==="system"?delete document.documentElement.dataset.theme:document.documentElement.dataset.theme=n}function kr(){for(let n of document.querySelectorAll("[data-theme-button]")){let e=n.querySelector("[data-theme-word]"),t=r=>{e&&(e.textContent=Lr(r))};t($e()),n.hidden=!1,n.addEventListener("click",()=>{let r=ae[(ae.indexOf($e())+1)%ae.length]??"system";try{localStorage.setItem(Pt,r)}catch{}Rt(r),t(r)})}}function Mr(){for(let n of document.querySelectorAll("[data-show]")){let e=document.getElementById(n.dataset.show??"");if(!(e instanceof HTMLInputElement))continue;let t=n.querySelector("span");n.hidden=!1,n.addEventListener("click",()=>{let r=e.type==="password";e.type=r?"text":"password",t&&(t.textContent=U(r?"frame-hide":"frame-show"))}),e.form?.addEventListener("submit",()=>e.type="password")}}function $r(){for(let n of document.querySelectorAll("form[method=post]:not([data-download])")){let e=n.querySelector("button.primary[type=submit]"),t=!1;n.addEventListener("submit",r=>{t&&r.preventDefault(),t=!0,e?.setAttribute("aria-busy","true")}),addEventListener("pageshow",()=>{t=!1,e?.removeAttribute("aria-busy")},{signal:z()})}}var Ar=100,Me=[];function O(n){let e=document.getElementById("announce");e&&(e.textContent="",!(Me.push(n)>1)&&setTimeout(()=>{e.textContent=Me.join(". "),Me=[]},Ar))}function _r(){document.querySelector("form[data-submit-once]")?.requestSubmit()}})();
