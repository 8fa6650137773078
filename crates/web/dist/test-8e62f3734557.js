"use strict";(()=>{var nt=`# The page that tests the player.

test-title = Test the player
test-stream = Stream
test-show = Show
test-choice-live = { $title } (live)
test-offline = This stream is not live. The player starts by itself when it is.
test-offline-manager = This stream is not live. Start a test signal to try.
test-signal = Start a test signal
test-nothing = There is no stream here that you may see.
test-missing = There is no such stream here, or it is not open to you.
test-playing = Playing
test-not-playing = Not playing

test-side-realtime = Real time (WebRTC)
    .label = { $title }, real time
test-side-low = Low delay (HLS)
    .label = { $title }, low delay
test-no-real-time = Real time is switched off on this server: the operator switches it on with the setting webrtc.listen.

# Facts and figures.
test-picture = Picture
    .value = { $width }×{ $height }, { $rate }, { $codec }
test-sound = Sound
test-first = First picture
test-stalls = Stalls
test-playlist = Playlist
    .parts = parts of { $part }, segments of at most { $segment }
    .whole = segments of at most { $segment }
test-connection = Connection
    .value = { $kind }, { $protocol }
test-delay = Delay
test-buffer = Buffer
test-rate = Bit rate
test-dropped = Dropped frames
    .verdict = of { $frames } shown
test-range = { $low } to { $high }
test-requests = Last requests
    .total = { $count } requests, { $bytes }
    .unseen = The browser plays by itself and does not tell what it asks for.
test-name = Name
test-took = Took
test-size = Size

# Addresses.
test-addresses = Addresses
test-index = Playlist for players
test-copy-index = Copy the playlist's address
test-index-open = Any player opens it: VLC, ffplay, Safari.
test-index-closed = A player needs an API key for it, as a bearer token.
test-media = Media playlist
test-copy-media = Copy the media playlist's address
test-media-hint = It holds a pass for this stream: whoever has this address can watch until the pass ends.
test-whep = To watch in real time (WHEP)
test-copy-whep = Copy the WHEP address
test-whep-open = Players that speak WHEP open it: GStreamer, OBS.
test-whep-closed = A player needs an API key for it, as a bearer token.
test-whip = To go live by WebRTC (WHIP)
test-copy-whip = Copy the WHIP address
test-whip-hint = For OBS: Service WHIP, with a stream key as bearer token.

# The log. Short sentences without a full stop, newest first.
test-events = Events
test-copy-log = Copy all events
test-clear = Clear
test-who-stream = Stream
test-who-realtime = Real time
test-who-low = Low delay
test-who-network = Network
test-state-live = live
test-state-away = the sender lost its connection
test-state-offline = not live
test-state-ended = ended
test-state-closed = not open to you
test-log-opened = asked for, { $choice }
    .realtime = real time
    .low = low delay
    .steady = steady
test-log-by-hls = real time does not work here: { $because }
    .unsuitable = the stream or the browser cannot do it
    .busy = the server has no room
    .network = no picture came through the network
test-log-playlist = playlist read: { $facts }
test-log-first = first picture after { $time }
test-log-again = playing again
test-log-stall = nothing left to show
test-log-size = picture size { $width }×{ $height }
test-log-speed = playing at { $speed }, { $delay } behind
test-log-status = { $name } answered { $status } after { $time }
test-log-gone = no longer there ({ $status }), asking for the playlist again in { $wait }
test-log-broken = no answer ({ $status }), trying again in { $wait }
test-log-media = the browser failed to decode, trying to go on
test-log-refused = refused
test-log-cannot = this browser does not decode it
`;var W=new AbortController;typeof document<"u"&&document.addEventListener("page-left",()=>{W.abort(),W=new AbortController});function Dt(){return W.signal}function rt(n){Dt().addEventListener("abort",n,{once:!0})}function st(n){document.addEventListener("page-came",n)}var k=class{#t;constructor(t){this.#t=t}add(t,e){let r=new Date,s=document.createElement("li"),o=document.createElement("time");o.dateTime=r.toISOString(),o.textContent=kt(r);let l=document.createElement("span");l.className="who",l.textContent=t;let d=document.createElement("span");for(d.textContent=e,s.append(o,"	",l,"	",d,`
`),this.#t.prepend(s);this.#t.childElementCount>500;)this.#t.lastElementChild?.remove()}clear(){this.#t.replaceChildren()}};function kt(n){let t=r=>String(r).padStart(2,"0"),e=String(n.getMilliseconds()).padStart(3,"0");return`${t(n.getHours())}:${t(n.getMinutes())}:${t(n.getSeconds())}.${e}`}var P=class{#t;#s;#n=[];#i=0;#o=0;#e="";constructor(t,e){this.#t=t,this.#s=e}take(t){let e=Ct(t.name),r=e===void 0?void 0:this.#a(e);if(r===void 0)return;let s={name:r,tookMs:t.duration,bytes:t.transferSize||t.encodedBodySize,status:t.responseStatus??0};return this.#i+=1,this.#o+=s.bytes,this.#e=t.nextHopProtocol||this.#e,this.#n=[s,...this.#n].slice(0,8),s}#a(t){return t===this.#s||t.startsWith(`${this.#s}/`)?this.#s.slice(this.#s.lastIndexOf("/")+1):t.startsWith(this.#t)?t.slice(t.lastIndexOf("/")+1):void 0}get recent(){return this.#n}get count(){return this.#i}get bytes(){return this.#o}get protocol(){return Pt(this.#e)}};function Pt(n){switch(n){case"h2":return"HTTP/2";case"h3":return"HTTP/3";default:return n.toUpperCase()}}function Ct(n){try{return new URL(n).pathname}catch{return}}var S=class{#t=[];add(t){this.#t.push(t),this.#t.length>60&&this.#t.shift()}get latest(){return this.#t.at(-1)}get range(){return this.#t.length>0?[Math.min(...this.#t),Math.max(...this.#t)]:void 0}get paths(){if(this.#t.length<2)return{line:"",area:""};let t=Math.max(...this.#t)*1.2||1,e=100/59,r=100-(this.#t.length-1)*e,o=`M${this.#t.map((l,d)=>`${(r+d*e).toFixed(1)} ${(32-l/t*32).toFixed(1)}`).join("L")}`;return{line:o,area:`${o}V32H${r.toFixed(1)}z`}}};var it=`# Figures with their units; the space before a unit does not break.

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
`;var w=class{constructor(t){this.value=t}valueOf(){return this.value}},c=class extends w{constructor(t="???"){super(t)}toString(t){return`{${this.value}}`}},f=class extends w{constructor(t,e={}){super(t),this.opts=e}toString(t){if(t)try{return t.memoizeIntlObject(Intl.NumberFormat,this.opts).format(this.value)}catch(e){t.reportError(e)}return this.value.toString(10)}},E=class n extends w{static supportsValue(t){if(typeof t=="number"||t instanceof Date)return!0;if(t instanceof w)return n.supportsValue(t.valueOf());if("Temporal"in globalThis){let e=globalThis.Temporal;if(t instanceof e.Instant||t instanceof e.PlainDateTime||t instanceof e.PlainDate||t instanceof e.PlainMonthDay||t instanceof e.PlainTime||t instanceof e.PlainYearMonth)return!0}return!1}constructor(t,e={}){t instanceof n?(e={...t.opts,...e},t=t.value):t instanceof w&&(t=t.valueOf()),typeof t=="object"&&"calendarId"in t&&e.calendar===void 0&&(e={...e,calendar:t.calendarId}),super(t),this.opts=e}[Symbol.toPrimitive](t){return t==="string"?this.toString():this.toNumber()}toNumber(){let t=this.value;if(typeof t=="number")return t;if(t instanceof Date)return t.getTime();if("epochMilliseconds"in t)return t.epochMilliseconds;if("toZonedDateTime"in t)return t.toZonedDateTime("UTC").epochMilliseconds;throw new TypeError("Unwrapping a non-number value as a number")}toString(t){if(t)try{return t.memoizeIntlObject(Intl.DateTimeFormat,this.opts).format(this.value)}catch(e){t.reportError(e)}return typeof this.value=="number"||this.value instanceof Date?new Date(this.value).toISOString():this.value.toString()}};var ot=100,Ft="⁨",Ht="⁩";function qt(n,t,e){if(e===t||e instanceof f&&t instanceof f&&e.value===t.value)return!0;if(t instanceof f&&typeof e=="string"){let r=n.memoizeIntlObject(Intl.PluralRules,t.opts).select(t.value);if(e===r)return!0}return!1}function at(n,t,e){return t[e]?x(n,t[e].value):(n.reportError(new RangeError("No default")),new c)}function z(n,t){let e=[],r=Object.create(null);for(let s of t)s.type==="narg"?r[s.name]=_(n,s.value):e.push(_(n,s));return{positional:e,named:r}}function _(n,t){switch(t.type){case"str":return t.value;case"num":return new f(t.value,{minimumFractionDigits:t.precision});case"var":return Ut(n,t);case"mesg":return Wt(n,t);case"term":return zt(n,t);case"func":return Bt(n,t);case"select":return jt(n,t);default:return new c}}function Ut(n,{name:t}){let e;if(n.params)if(Object.prototype.hasOwnProperty.call(n.params,t))e=n.params[t];else return new c(`$${t}`);else if(n.args&&Object.prototype.hasOwnProperty.call(n.args,t))e=n.args[t];else return n.reportError(new ReferenceError(`Unknown variable: $${t}`)),new c(`$${t}`);if(e instanceof w)return e;switch(typeof e){case"string":return e;case"number":return new f(e);case"object":if(E.supportsValue(e))return new E(e);default:return n.reportError(new TypeError(`Variable type not supported: $${t}, ${typeof e}`)),new c(`$${t}`)}}function Wt(n,{name:t,attr:e}){let r=n.bundle._messages.get(t);if(!r)return n.reportError(new ReferenceError(`Unknown message: ${t}`)),new c(t);if(e){let s=r.attributes[e];return s?x(n,s):(n.reportError(new ReferenceError(`Unknown attribute: ${e}`)),new c(`${t}.${e}`))}return r.value?x(n,r.value):(n.reportError(new ReferenceError(`No value: ${t}`)),new c(t))}function zt(n,{name:t,attr:e,args:r}){let s=`-${t}`,o=n.bundle._terms.get(s);if(!o)return n.reportError(new ReferenceError(`Unknown term: ${s}`)),new c(s);if(e){let d=o.attributes[e];if(d){n.params=z(n,r).named;let g=x(n,d);return n.params=null,g}return n.reportError(new ReferenceError(`Unknown attribute: ${e}`)),new c(`${s}.${e}`)}n.params=z(n,r).named;let l=x(n,o.value);return n.params=null,l}function Bt(n,{name:t,args:e}){let r=n.bundle._functions[t];if(!r)return n.reportError(new ReferenceError(`Unknown function: ${t}()`)),new c(`${t}()`);if(typeof r!="function")return n.reportError(new TypeError(`Function ${t}() is not callable`)),new c(`${t}()`);try{let s=z(n,e);return r(s.positional,s.named)}catch(s){return n.reportError(s),new c(`${t}()`)}}function jt(n,{selector:t,variants:e,star:r}){let s=_(n,t);if(s instanceof c)return at(n,e,r);for(let o of e){let l=_(n,o.key);if(qt(n,s,l))return x(n,o.value)}return at(n,e,r)}function B(n,t){if(n.dirty.has(t))return n.reportError(new RangeError("Cyclic reference")),new c;n.dirty.add(t);let e=[],r=n.bundle._useIsolating&&t.length>1;for(let s of t){if(typeof s=="string"){e.push(n.bundle._transform(s));continue}if(n.placeables++,n.placeables>ot)throw n.dirty.delete(t),new RangeError(`Too many placeables expanded: ${n.placeables}, max allowed is ${ot}`);r&&e.push(Ft),e.push(_(n,s).toString(n)),r&&e.push(Ht)}return n.dirty.delete(t),e.join("")}function x(n,t){return typeof t=="string"?n.bundle._transform(t):B(n,t)}var C=class{constructor(t,e,r){this.dirty=new WeakSet,this.params=null,this.placeables=0,this.bundle=t,this.errors=e,this.args=r}reportError(t){if(!this.errors||!(t instanceof Error))throw t;this.errors.push(t)}memoizeIntlObject(t,e){let r=this.bundle._intls.get(t);r||(r={},this.bundle._intls.set(t,r));let s=JSON.stringify(e);return r[s]||(r[s]=new t(this.bundle.locales,e)),r[s]}};function j(n,t){let e=Object.create(null);for(let[r,s]of Object.entries(n))t.includes(r)&&(e[r]=s.valueOf());return e}var ut=["unitDisplay","currencyDisplay","useGrouping","minimumIntegerDigits","minimumFractionDigits","maximumFractionDigits","minimumSignificantDigits","maximumSignificantDigits"];function lt(n,t){let e=n[0];if(e instanceof c)return new c(`NUMBER(${e.valueOf()})`);if(e instanceof f)return new f(e.valueOf(),{...e.opts,...j(t,ut)});if(e instanceof E)return new f(e.toNumber(),{...j(t,ut)});throw new TypeError("Invalid argument to NUMBER")}var Gt=["dateStyle","timeStyle","fractionalSecondDigits","dayPeriod","hour12","weekday","era","year","month","day","hour","minute","second","timeZoneName"];function ct(n,t){let e=n[0];if(e instanceof c)return new c(`DATETIME(${e.valueOf()})`);if(e instanceof E||e instanceof f)return new E(e,j(t,Gt));throw new TypeError("Invalid argument to DATETIME")}var dt=new Map;function ht(n){let t=Array.isArray(n)?n.join(" "):n,e=dt.get(t);return e===void 0&&(e=new Map,dt.set(t,e)),e}var N=class{constructor(t,{functions:e,useIsolating:r=!0,transform:s=o=>o}={}){this._terms=new Map,this._messages=new Map,this.locales=Array.isArray(t)?t:[t],this._functions={NUMBER:lt,DATETIME:ct,...e},this._useIsolating=r,this._transform=s,this._intls=ht(t)}hasMessage(t){return this._messages.has(t)}getMessage(t){return this._messages.get(t)}addResource(t,{allowOverrides:e=!1}={}){let r=[];for(let s=0;s<t.body.length;s++){let o=t.body[s];if(o.id.startsWith("-")){if(e===!1&&this._terms.has(o.id)){r.push(new Error(`Attempt to override an existing term: "${o.id}"`));continue}this._terms.set(o.id,o)}else{if(e===!1&&this._messages.has(o.id)){r.push(new Error(`Attempt to override an existing message: "${o.id}"`));continue}this._messages.set(o.id,o)}}return r}formatPattern(t,e=null,r=null){if(typeof t=="string")return this._transform(t);let s=new C(this,r,e);try{return B(s,t).toString(s)}catch(o){if(s.errors&&o instanceof Error)return s.errors.push(o),new c().toString(s);throw o}}};var G=/^(-?[a-zA-Z][\w-]*) *= */gm,ft=/\.([a-zA-Z][\w-]*) *= */y,Vt=/\*?\[/y,V=/(-?[0-9]+(?:\.([0-9]+))?)/y,Kt=/([a-zA-Z][\w-]*)/y,mt=/([$-])?([a-zA-Z][\w-]*)(?:\.([a-zA-Z][\w-]*))?/y,Zt=/^[A-Z][A-Z0-9_-]*$/,O=/([^{}\n\r]+)/y,Xt=/([^\\"\n\r]*)/y,gt=/\\([\\"])/y,pt=/\\u([a-fA-F0-9]{4})|\\U([a-fA-F0-9]{6})/y,Jt=/^\n+/,yt=/ +$/,Yt=/ *\r?\n/g,Qt=/( *)$/,te=/{\s*/y,wt=/\s*}/y,ee=/\[\s*/y,ne=/\s*] */y,re=/\s*\(\s*/y,se=/\s*->\s*/y,ie=/\s*:\s*/y,oe=/\s*,?\s*/y,ae=/\s+/y,I=class{constructor(t){this.body=[],G.lastIndex=0;let e=0;for(;;){let i=G.exec(t);if(i===null)break;e=G.lastIndex;try{this.body.push(g(i[1]))}catch(a){if(a instanceof SyntaxError)continue;throw a}}function r(i){return i.lastIndex=e,i.test(t)}function s(i,a){if(t[e]===i)return e++,!0;if(a)throw new a(`Expected ${i}`);return!1}function o(i,a){if(r(i))return e=i.lastIndex,!0;if(a)throw new a(`Expected ${i.toString()}`);return!1}function l(i){i.lastIndex=e;let a=i.exec(t);if(a===null)throw new SyntaxError(`Expected ${i.toString()}`);return e=i.lastIndex,a}function d(i){return l(i)[1]}function g(i){let a=v(),h=R();if(a===null&&Object.keys(h).length===0)throw new SyntaxError("Expected message value or attributes");return{id:i,value:a,attributes:h}}function R(){let i=Object.create(null);for(;r(ft);){let a=d(ft),h=v();if(h===null)throw new SyntaxError("Expected attribute value");i[a]=h}return i}function v(){let i;if(r(O)&&(i=d(O)),t[e]==="{"||t[e]==="}")return b(i?[i]:[],1/0);let a=tt();return a?i?b([i,a],a.length):(a.value=U(a.value,Jt),b([a],a.length)):i?U(i,yt):null}function b(i=[],a){for(;;){if(r(O)){i.push(d(O));continue}if(t[e]==="{"){i.push(D());continue}if(t[e]==="}")throw new SyntaxError("Unbalanced closing brace");let y=tt();if(y){i.push(y),a=Math.min(a,y.length);continue}break}let h=i.length-1,$=i[h];typeof $=="string"&&(i[h]=U($,yt));let M=[];for(let y of i)y instanceof F&&(y=y.value.slice(0,y.value.length-a)),y&&M.push(y);return M}function D(){o(te,SyntaxError);let i=J();if(o(wt))return i;if(o(se)){let a=Mt();return o(wt,SyntaxError),{type:"select",selector:i,...a}}throw new SyntaxError("Unclosed placeable")}function J(){if(t[e]==="{")return D();if(r(mt)){let[,i,a,h=null]=l(mt);if(i==="$")return{type:"var",name:a};if(o(re)){let $=At();if(i==="-")return{type:"term",name:a,attr:h,args:$};if(Zt.test(a))return{type:"func",name:a,args:$};throw new SyntaxError("Function names must be all upper-case")}return i==="-"?{type:"term",name:a,attr:h,args:[]}:{type:"mesg",name:a,attr:h}}return Y()}function At(){let i=[];for(;;){switch(t[e]){case")":return e++,i;case void 0:throw new SyntaxError("Unclosed argument list")}i.push(Rt()),o(oe)}}function Rt(){let i=J();return i.type!=="mesg"?i:o(ie)?{type:"narg",name:i.name,value:Y()}:i}function Mt(){let i=[],a=0,h;for(;r(Vt);){s("*")&&(h=a);let $=_t(),M=v();if(M===null)throw new SyntaxError("Expected variant value");i[a++]={key:$,value:M}}if(a===0)return null;if(h===void 0)throw new SyntaxError("Expected default variant");return{variants:i,star:h}}function _t(){o(ee,SyntaxError);let i;return r(V)?i=Q():i={type:"str",value:d(Kt)},o(ne,SyntaxError),i}function Y(){if(r(V))return Q();if(t[e]==='"')return Nt();throw new SyntaxError("Invalid expression")}function Q(){let[,i,a=""]=l(V),h=a.length;return{type:"num",value:parseFloat(i),precision:h}}function Nt(){s('"',SyntaxError);let i="";for(;;){if(i+=d(Xt),t[e]==="\\"){i+=It();continue}if(s('"'))return{type:"str",value:i};throw new SyntaxError("Unclosed string literal")}}function It(){if(r(gt))return d(gt);if(r(pt)){let[,i,a]=l(pt),h=parseInt(i||a,16);return h<=55295||57344<=h?String.fromCodePoint(h):"�"}throw new SyntaxError("Unknown escape sequence")}function tt(){let i=e;switch(o(ae),t[e]){case".":case"[":case"*":case"}":case void 0:return!1;case"{":return et(t.slice(i,e))}return t[e-1]===" "?et(t.slice(i,e)):!1}function U(i,a){return i.replace(a,"")}function et(i){let a=i.replace(Yt,`
`),h=Qt.exec(i)[1].length;return new F(a,h)}}},F=class{constructor(t,e){this.value=t,this.length=e}};var ue="áƀćđéƒǵĥíĵķĺḿńóṕɋŕśţúṽŵẋýź",le="ÁɃĆĐÉƑǴĤÍĴĶĹḾŃÓṔɊŔŚŢÚṼŴẊÝŹ";function ce(n){return n.replace(/[a-zA-Z]/g,t=>{let e=t>="a",r=t.charCodeAt(0)-(e?97:65);return[...e?ue:le][r]??t})}function H(n,t=bt()){let e=new N("en-GB",{useIsolating:!1,...t==="en-XA"?{transform:ce}:{}});for(let r of n)e.addResource(new I(r));return(r,s)=>{let[o="",l]=r.split("."),d=e.getMessage(o),g=l===void 0?d?.value:d?.attributes[l];return g?e.formatPattern(g,s):r}}function Et(){let n=bt();return n===""||n==="en"||n==="en-XA"?"en-GB":n}function bt(){return typeof document>"u"?"en":document.documentElement.lang}var p=H([it]);function vt(n){let t=Math.max(0,Math.floor(n)),e=Math.floor(t/60),r=Math.floor(e/60),s=Math.floor(r/24);return s>0?r%24>0?p("unit-d-h",{d:`${s}`,h:`${r%24}`}):p("unit-d",{n:`${s}`}):r>0?e%60>0?p("unit-h-min",{h:`${r}`,min:`${e%60}`}):p("unit-h",{n:`${r}`}):e>0?p("unit-min",{n:`${e}`}):p("unit-s",{n:`${t}`})}function $t(n){let t=Math.max(0,n);return t<9.95?A(t,1):t<59.5?A(t,0):de(t)}function A(n,t){return p("unit-s",{n:n.toFixed(t)})}function L(n){return p("unit-ms",{n:T(n)})}function de(n){let t=Math.max(0,Math.round(n)),e=o=>String(o).padStart(2,"0"),r=Math.floor(t/3600),s=Math.floor(t/60)%60;return r>0?`${r}:${e(s)}:${e(t%60)}`:`${s}:${e(t%60)}`}function St(n){let t=n/1e6;return t<.9995?p("unit-kbps",{n:`${Math.round(n/1e3)}`}):p("unit-mbps",{n:t<9.95?t.toFixed(1):`${Math.round(t)}`})}function K(n){let[t,e]=n<1e6?["unit-kb",n/1e3]:n<1e9?["unit-mb",n/1e6]:n<1e12?["unit-gb",n/1e9]:["unit-tb",n/1e12];return p(t,{n:e<9.95?e.toFixed(1):`${Math.round(e)}`})}function Tt(n){return p("unit-fps",{n:`${Number(n.toFixed(2))}`})}function T(n){return Math.round(n).toLocaleString(Et())}var u=H([nt]),fe=60,Z=class{#t;#s;#n;#i;#o;constructor(t){this.#t=t,this.#s=new k(m(t,"#log"));let e=[...t.querySelectorAll("[data-side] stage-player")],r=e[0]?.getAttribute("slug");this.#n=new P(`/hls/${r}/`,`/${r}/whep`),this.#i=e.map(s=>new X(s,this.#n,(o,l)=>this.#e(o,l)))}start(){for(let e of this.#i)e.start();let t=e=>this.#a(e.detail.state);this.#t.addEventListener("stage-state",t),this.#t.addEventListener("stage-playlist",e=>{m(this.#t,"#media").value=e.detail.url}),this.#t.addEventListener("stage-stats",()=>this.#r()),this.#l(),this.#f()}#e(t,e){let r={stream:"test-who-stream",network:"test-who-network",realtime:"test-who-realtime",low:"test-who-low",steady:"test-who-low"};this.#s.add(u(r[t]),e)}#a(t){if(t!==this.#o)switch(this.#o=t,m(this.#t,"[data-offline]").hidden=t==="live"||t==="away",t){case"live":return this.#e("stream",u("test-state-live"));case"away":return this.#e("stream",u("test-state-away"));case"offline":return this.#e("stream",u("test-state-offline"));case"ended":return this.#e("stream",u("test-state-ended"));case"not_allowed":return this.#e("stream",u("test-state-closed"))}}#l(){if(typeof PerformanceObserver>"u")return;let t=new PerformanceObserver(e=>{let s=e.getEntries().map(o=>this.#n.take(o)).filter(o=>o!==void 0);for(let{name:o,status:l,tookMs:d}of s)l>=400&&this.#e("network",u("test-log-status",{name:o,status:String(l),time:L(d)}));s.length>0&&this.#c()});t.observe({type:"resource",buffered:!0}),rt(()=>t.disconnect())}#c(){let t=Array.from({length:8},(r,s)=>{let o=this.#n.recent[s],l=o?L(o.tookMs):"–",d=o&&o.bytes>0?K(o.bytes):"–",g=document.createElement("tr");for(let[R,v]of[o?.name??"–",l,d].entries()){let b=document.createElement("td");b.textContent=v,b.className=R===0?"mono":"r num",g.append(b)}return g});m(this.#t,"[data-requests]").replaceChildren(...t);let e={count:T(this.#n.count),bytes:K(this.#n.bytes)};q(m(this.#t,"[data-requests-total]"),u("test-requests.total",e))}#r(){this.#n.count===0&&this.#i.some(t=>t.hasShown(fe))&&q(m(this.#t,"[data-requests-total]"),u("test-requests.unseen"))}#f(){let t=m(this.#t,"[data-log-clear]");t.hidden=!1,t.addEventListener("click",()=>this.#s.clear())}},X=class{#t;#s;#n;#i;#o;#e={delay:new S,buffer:new S,rate:new S,dropped:new S};#a;#l=0;#c=0;constructor(t,e,r){this.#s=t,this.#t=t.closest("[data-side]")??t,this.#o=this.#t.dataset.side==="realtime"?"realtime":"low",this.#n=e,this.#i=r}start(){let t=(e,r)=>this.#s.addEventListener(e,s=>r(s.detail));t("stage-opened",e=>this.#f(e)),t("stage-playlist",e=>this.#g(e)),t("stage-playing",e=>this.#p(e)),t("stage-stall",()=>this.#y()),t("stage-error",({trouble:e,step:r})=>this.#w(e,r)),t("stage-slate",e=>e!==null&&this.#d(!1)),t("stage-stats",e=>this.#m(e)),this.#E()}hasShown(t){return this.#c>t}#r(t){this.#i(this.#o,t)}#f(t){this.#a=performance.now(),this.#d(!1);let r=u({realtime:"test-log-opened.realtime",low:"test-log-opened.low",steady:"test-log-opened.steady"}[t]);this.#r(u("test-log-opened",{choice:r}))}#g({targetDurationS:t,partTargetS:e}){let r=vt(t),s=e===null?u("test-playlist.whole",{segment:r}):u("test-playlist.parts",{part:L(e*1e3),segment:r});this.#u("playlist",s),this.#r(u("test-log-playlist",{facts:s}))}#p(t){if(this.#a===void 0)this.#r(u("test-log-again"));else{let e=L(performance.now()-this.#a);this.#a=void 0,this.#u("first",e),this.#r(u("test-log-first",{time:e}))}this.#d(!0),this.#m(t)}#y(){this.#d(!1),this.#r(u("test-log-stall"))}#w(t,e){let r=t.kind==="network"&&t.status!==void 0?String(t.status):"–";switch(e.step){case"by_hls":{let s={unsuitable:"test-log-by-hls.unsuitable",busy:"test-log-by-hls.busy",network:"test-log-by-hls.network"};return this.#r(u("test-log-by-hls",{because:u(s[e.because])}))}case"recover_media":return this.#r(u("test-log-media"));case"refused":return this.#r(u("test-log-refused"));case"cannot_play":return this.#r(u("test-log-cannot"));case"reload":{let s={status:r,wait:A(e.afterS,1)},o=e.because==="network"?u("test-log-broken",s):u("test-log-gone",s);return this.#r(e.because==="media"?u("test-log-media"):o)}}}#E(){let t=()=>{let e=this.#s.querySelector("media-controller video:not(.p-poster)");e&&(e.addEventListener("resize",()=>{let r={width:String(e.videoWidth),height:String(e.videoHeight)};e.videoWidth>0&&this.#r(u("test-log-size",r))}),e.addEventListener("ratechange",()=>{let r=this.#e.delay.latest,s={speed:e.playbackRate.toFixed(2),delay:r===void 0?"–":$t(r)};this.#r(u("test-log-speed",s))}))};customElements.whenDefined("stage-player").then(t)}#d(t){let e=m(this.#t,"[data-playing]");e.classList.toggle("ok",t),e.textContent=(t?e.dataset.yes:e.dataset.no)??""}#m(t){if(t.connection===null)return;if(this.#c=t.frames,t.delay_s!==null&&this.#e.delay.add(t.delay_s),this.#e.buffer.add(t.buffer_s),t.bitRate!==null&&this.#e.rate.add(t.bitRate),this.#e.dropped.add(Math.max(0,t.dropped-this.#l)),this.#l=t.dropped,this.#h("delay",this.#e.delay,s=>A(s,2)),this.#h("buffer",this.#e.buffer,s=>A(s,2)),this.#h("rate",this.#e.rate,St),this.#h("dropped",this.#e.dropped,T,T(t.dropped),u("test-dropped.verdict",{frames:T(t.frames)})),t.width>0){let s={width:String(t.width),height:String(t.height)};this.#u("picture",u("test-picture.value",{...s,rate:Tt(t.rate),codec:t.video??"–"}))}this.#u("sound",t.audio??"–"),this.#u("stalls",T(t.stalls));let e=t.via??(this.#o==="low"?this.#n.protocol:""),r=t.connection;this.#u("connection",e===""?r:u("test-connection.value",{kind:r,protocol:e}))}#h(t,e,r,s,o){let l=m(this.#t,`[data-tile=${t}]`),{latest:d,range:g}=e;if(d===void 0||g===void 0)return;me(m(l,".figure"),s??r(d));let[R,v]=g;q(m(l,".verdict"),o??u("test-range",{low:r(R),high:r(v)}));let{line:b,area:D}=e.paths;m(l,"path.l").setAttribute("d",b),m(l,"path.a").setAttribute("d",D)}#u(t,e){q(m(this.#t,`[data-fact=${t}]`),e)}};function me(n,t){if(n.dataset.figure===t)return;n.dataset.figure=t;let e=t.indexOf(" "),r=document.createElement("small");r.textContent=e<0?"":t.slice(e+1),n.replaceChildren(e<0?t:`${t.slice(0,e)} `,...e<0?[]:[r])}function q(n,t){n.textContent!==t&&(n.textContent=t)}function m(n,t){let e=n.querySelector(t);if(!e)throw new Error(`the page has no ${t}`);return e}function xt(){let n=document.querySelector("[data-test]");n&&new Z(n).start()}xt();st(xt);})();
