"use strict";(()=>{var et=`# The page that tests the player.

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
`;var k=class{#t;constructor(t){this.#t=t}add(t,e){let r=new Date,s=document.createElement("li"),o=document.createElement("time");o.dateTime=r.toISOString(),o.textContent=Nt(r);let l=document.createElement("span");l.className="who",l.textContent=t;let d=document.createElement("span");for(d.textContent=e,s.append(o,"	",l,"	",d,`
`),this.#t.prepend(s);this.#t.childElementCount>500;)this.#t.lastElementChild?.remove()}clear(){this.#t.replaceChildren()}};function Nt(n){let t=r=>String(r).padStart(2,"0"),e=String(n.getMilliseconds()).padStart(3,"0");return`${t(n.getHours())}:${t(n.getMinutes())}:${t(n.getSeconds())}.${e}`}var O=class{#t;#s;#n=[];#i=0;#o=0;#e="";constructor(t,e){this.#t=t,this.#s=e}take(t){let e=Lt(t.name),r=e===void 0?void 0:this.#a(e);if(r===void 0)return;let s={name:r,tookMs:t.duration,bytes:t.transferSize||t.encodedBodySize,status:t.responseStatus??0};return this.#i+=1,this.#o+=s.bytes,this.#e=t.nextHopProtocol||this.#e,this.#n=[s,...this.#n].slice(0,8),s}#a(t){return t===this.#s||t.startsWith(`${this.#s}/`)?this.#s.slice(this.#s.lastIndexOf("/")+1):t.startsWith(this.#t)?t.slice(t.lastIndexOf("/")+1):void 0}get recent(){return this.#n}get count(){return this.#i}get bytes(){return this.#o}get protocol(){return It(this.#e)}};function It(n){switch(n){case"h2":return"HTTP/2";case"h3":return"HTTP/3";default:return n.toUpperCase()}}function Lt(n){try{return new URL(n).pathname}catch{return}}var S=class{#t=[];add(t){this.#t.push(t),this.#t.length>60&&this.#t.shift()}get latest(){return this.#t.at(-1)}get range(){return this.#t.length>0?[Math.min(...this.#t),Math.max(...this.#t)]:void 0}get paths(){if(this.#t.length<2)return{line:"",area:""};let t=Math.max(...this.#t)*1.2||1,e=100/59,r=100-(this.#t.length-1)*e,o=`M${this.#t.map((l,d)=>`${(r+d*e).toFixed(1)} ${(32-l/t*32).toFixed(1)}`).join("L")}`;return{line:o,area:`${o}V32H${r.toFixed(1)}z`}}};var nt=`# Figures with their units; the space before a unit does not break.

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
`;var w=class{constructor(t){this.value=t}valueOf(){return this.value}},c=class extends w{constructor(t="???"){super(t)}toString(t){return`{${this.value}}`}},f=class extends w{constructor(t,e={}){super(t),this.opts=e}toString(t){if(t)try{return t.memoizeIntlObject(Intl.NumberFormat,this.opts).format(this.value)}catch(e){t.reportError(e)}return this.value.toString(10)}},E=class n extends w{static supportsValue(t){if(typeof t=="number"||t instanceof Date)return!0;if(t instanceof w)return n.supportsValue(t.valueOf());if("Temporal"in globalThis){let e=globalThis.Temporal;if(t instanceof e.Instant||t instanceof e.PlainDateTime||t instanceof e.PlainDate||t instanceof e.PlainMonthDay||t instanceof e.PlainTime||t instanceof e.PlainYearMonth)return!0}return!1}constructor(t,e={}){t instanceof n?(e={...t.opts,...e},t=t.value):t instanceof w&&(t=t.valueOf()),typeof t=="object"&&"calendarId"in t&&e.calendar===void 0&&(e={...e,calendar:t.calendarId}),super(t),this.opts=e}[Symbol.toPrimitive](t){return t==="string"?this.toString():this.toNumber()}toNumber(){let t=this.value;if(typeof t=="number")return t;if(t instanceof Date)return t.getTime();if("epochMilliseconds"in t)return t.epochMilliseconds;if("toZonedDateTime"in t)return t.toZonedDateTime("UTC").epochMilliseconds;throw new TypeError("Unwrapping a non-number value as a number")}toString(t){if(t)try{return t.memoizeIntlObject(Intl.DateTimeFormat,this.opts).format(this.value)}catch(e){t.reportError(e)}return typeof this.value=="number"||this.value instanceof Date?new Date(this.value).toISOString():this.value.toString()}};var rt=100,kt="⁨",Ot="⁩";function Pt(n,t,e){if(e===t||e instanceof f&&t instanceof f&&e.value===t.value)return!0;if(t instanceof f&&typeof e=="string"){let r=n.memoizeIntlObject(Intl.PluralRules,t.opts).select(t.value);if(e===r)return!0}return!1}function st(n,t,e){return t[e]?x(n,t[e].value):(n.reportError(new RangeError("No default")),new c)}function W(n,t){let e=[],r=Object.create(null);for(let s of t)s.type==="narg"?r[s.name]=_(n,s.value):e.push(_(n,s));return{positional:e,named:r}}function _(n,t){switch(t.type){case"str":return t.value;case"num":return new f(t.value,{minimumFractionDigits:t.precision});case"var":return Ct(n,t);case"mesg":return Ft(n,t);case"term":return Ht(n,t);case"func":return qt(n,t);case"select":return Ut(n,t);default:return new c}}function Ct(n,{name:t}){let e;if(n.params)if(Object.prototype.hasOwnProperty.call(n.params,t))e=n.params[t];else return new c(`$${t}`);else if(n.args&&Object.prototype.hasOwnProperty.call(n.args,t))e=n.args[t];else return n.reportError(new ReferenceError(`Unknown variable: $${t}`)),new c(`$${t}`);if(e instanceof w)return e;switch(typeof e){case"string":return e;case"number":return new f(e);case"object":if(E.supportsValue(e))return new E(e);default:return n.reportError(new TypeError(`Variable type not supported: $${t}, ${typeof e}`)),new c(`$${t}`)}}function Ft(n,{name:t,attr:e}){let r=n.bundle._messages.get(t);if(!r)return n.reportError(new ReferenceError(`Unknown message: ${t}`)),new c(t);if(e){let s=r.attributes[e];return s?x(n,s):(n.reportError(new ReferenceError(`Unknown attribute: ${e}`)),new c(`${t}.${e}`))}return r.value?x(n,r.value):(n.reportError(new ReferenceError(`No value: ${t}`)),new c(t))}function Ht(n,{name:t,attr:e,args:r}){let s=`-${t}`,o=n.bundle._terms.get(s);if(!o)return n.reportError(new ReferenceError(`Unknown term: ${s}`)),new c(s);if(e){let d=o.attributes[e];if(d){n.params=W(n,r).named;let g=x(n,d);return n.params=null,g}return n.reportError(new ReferenceError(`Unknown attribute: ${e}`)),new c(`${s}.${e}`)}n.params=W(n,r).named;let l=x(n,o.value);return n.params=null,l}function qt(n,{name:t,args:e}){let r=n.bundle._functions[t];if(!r)return n.reportError(new ReferenceError(`Unknown function: ${t}()`)),new c(`${t}()`);if(typeof r!="function")return n.reportError(new TypeError(`Function ${t}() is not callable`)),new c(`${t}()`);try{let s=W(n,e);return r(s.positional,s.named)}catch(s){return n.reportError(s),new c(`${t}()`)}}function Ut(n,{selector:t,variants:e,star:r}){let s=_(n,t);if(s instanceof c)return st(n,e,r);for(let o of e){let l=_(n,o.key);if(Pt(n,s,l))return x(n,o.value)}return st(n,e,r)}function z(n,t){if(n.dirty.has(t))return n.reportError(new RangeError("Cyclic reference")),new c;n.dirty.add(t);let e=[],r=n.bundle._useIsolating&&t.length>1;for(let s of t){if(typeof s=="string"){e.push(n.bundle._transform(s));continue}if(n.placeables++,n.placeables>rt)throw n.dirty.delete(t),new RangeError(`Too many placeables expanded: ${n.placeables}, max allowed is ${rt}`);r&&e.push(kt),e.push(_(n,s).toString(n)),r&&e.push(Ot)}return n.dirty.delete(t),e.join("")}function x(n,t){return typeof t=="string"?n.bundle._transform(t):z(n,t)}var P=class{constructor(t,e,r){this.dirty=new WeakSet,this.params=null,this.placeables=0,this.bundle=t,this.errors=e,this.args=r}reportError(t){if(!this.errors||!(t instanceof Error))throw t;this.errors.push(t)}memoizeIntlObject(t,e){let r=this.bundle._intls.get(t);r||(r={},this.bundle._intls.set(t,r));let s=JSON.stringify(e);return r[s]||(r[s]=new t(this.bundle.locales,e)),r[s]}};function B(n,t){let e=Object.create(null);for(let[r,s]of Object.entries(n))t.includes(r)&&(e[r]=s.valueOf());return e}var it=["unitDisplay","currencyDisplay","useGrouping","minimumIntegerDigits","minimumFractionDigits","maximumFractionDigits","minimumSignificantDigits","maximumSignificantDigits"];function ot(n,t){let e=n[0];if(e instanceof c)return new c(`NUMBER(${e.valueOf()})`);if(e instanceof f)return new f(e.valueOf(),{...e.opts,...B(t,it)});if(e instanceof E)return new f(e.toNumber(),{...B(t,it)});throw new TypeError("Invalid argument to NUMBER")}var Wt=["dateStyle","timeStyle","fractionalSecondDigits","dayPeriod","hour12","weekday","era","year","month","day","hour","minute","second","timeZoneName"];function at(n,t){let e=n[0];if(e instanceof c)return new c(`DATETIME(${e.valueOf()})`);if(e instanceof E||e instanceof f)return new E(e,B(t,Wt));throw new TypeError("Invalid argument to DATETIME")}var ut=new Map;function lt(n){let t=Array.isArray(n)?n.join(" "):n,e=ut.get(t);return e===void 0&&(e=new Map,ut.set(t,e)),e}var N=class{constructor(t,{functions:e,useIsolating:r=!0,transform:s=o=>o}={}){this._terms=new Map,this._messages=new Map,this.locales=Array.isArray(t)?t:[t],this._functions={NUMBER:ot,DATETIME:at,...e},this._useIsolating=r,this._transform=s,this._intls=lt(t)}hasMessage(t){return this._messages.has(t)}getMessage(t){return this._messages.get(t)}addResource(t,{allowOverrides:e=!1}={}){let r=[];for(let s=0;s<t.body.length;s++){let o=t.body[s];if(o.id.startsWith("-")){if(e===!1&&this._terms.has(o.id)){r.push(new Error(`Attempt to override an existing term: "${o.id}"`));continue}this._terms.set(o.id,o)}else{if(e===!1&&this._messages.has(o.id)){r.push(new Error(`Attempt to override an existing message: "${o.id}"`));continue}this._messages.set(o.id,o)}}return r}formatPattern(t,e=null,r=null){if(typeof t=="string")return this._transform(t);let s=new P(this,r,e);try{return z(s,t).toString(s)}catch(o){if(s.errors&&o instanceof Error)return s.errors.push(o),new c().toString(s);throw o}}};var j=/^(-?[a-zA-Z][\w-]*) *= */gm,ct=/\.([a-zA-Z][\w-]*) *= */y,zt=/\*?\[/y,G=/(-?[0-9]+(?:\.([0-9]+))?)/y,Bt=/([a-zA-Z][\w-]*)/y,dt=/([$-])?([a-zA-Z][\w-]*)(?:\.([a-zA-Z][\w-]*))?/y,jt=/^[A-Z][A-Z0-9_-]*$/,C=/([^{}\n\r]+)/y,Gt=/([^\\"\n\r]*)/y,ht=/\\([\\"])/y,ft=/\\u([a-fA-F0-9]{4})|\\U([a-fA-F0-9]{6})/y,Vt=/^\n+/,mt=/ +$/,Kt=/ *\r?\n/g,Zt=/( *)$/,Xt=/{\s*/y,gt=/\s*}/y,Jt=/\[\s*/y,Yt=/\s*] */y,Qt=/\s*\(\s*/y,te=/\s*->\s*/y,ee=/\s*:\s*/y,ne=/\s*,?\s*/y,re=/\s+/y,I=class{constructor(t){this.body=[],j.lastIndex=0;let e=0;for(;;){let i=j.exec(t);if(i===null)break;e=j.lastIndex;try{this.body.push(g(i[1]))}catch(a){if(a instanceof SyntaxError)continue;throw a}}function r(i){return i.lastIndex=e,i.test(t)}function s(i,a){if(t[e]===i)return e++,!0;if(a)throw new a(`Expected ${i}`);return!1}function o(i,a){if(r(i))return e=i.lastIndex,!0;if(a)throw new a(`Expected ${i.toString()}`);return!1}function l(i){i.lastIndex=e;let a=i.exec(t);if(a===null)throw new SyntaxError(`Expected ${i.toString()}`);return e=i.lastIndex,a}function d(i){return l(i)[1]}function g(i){let a=v(),h=A();if(a===null&&Object.keys(h).length===0)throw new SyntaxError("Expected message value or attributes");return{id:i,value:a,attributes:h}}function A(){let i=Object.create(null);for(;r(ct);){let a=d(ct),h=v();if(h===null)throw new SyntaxError("Expected attribute value");i[a]=h}return i}function v(){let i;if(r(C)&&(i=d(C)),t[e]==="{"||t[e]==="}")return b(i?[i]:[],1/0);let a=Q();return a?i?b([i,a],a.length):(a.value=U(a.value,Vt),b([a],a.length)):i?U(i,mt):null}function b(i=[],a){for(;;){if(r(C)){i.push(d(C));continue}if(t[e]==="{"){i.push(D());continue}if(t[e]==="}")throw new SyntaxError("Unbalanced closing brace");let y=Q();if(y){i.push(y),a=Math.min(a,y.length);continue}break}let h=i.length-1,$=i[h];typeof $=="string"&&(i[h]=U($,mt));let M=[];for(let y of i)y instanceof F&&(y=y.value.slice(0,y.value.length-a)),y&&M.push(y);return M}function D(){o(Xt,SyntaxError);let i=X();if(o(gt))return i;if(o(te)){let a=xt();return o(gt,SyntaxError),{type:"select",selector:i,...a}}throw new SyntaxError("Unclosed placeable")}function X(){if(t[e]==="{")return D();if(r(dt)){let[,i,a,h=null]=l(dt);if(i==="$")return{type:"var",name:a};if(o(Qt)){let $=St();if(i==="-")return{type:"term",name:a,attr:h,args:$};if(jt.test(a))return{type:"func",name:a,args:$};throw new SyntaxError("Function names must be all upper-case")}return i==="-"?{type:"term",name:a,attr:h,args:[]}:{type:"mesg",name:a,attr:h}}return J()}function St(){let i=[];for(;;){switch(t[e]){case")":return e++,i;case void 0:throw new SyntaxError("Unclosed argument list")}i.push(Tt()),o(ne)}}function Tt(){let i=X();return i.type!=="mesg"?i:o(ee)?{type:"narg",name:i.name,value:J()}:i}function xt(){let i=[],a=0,h;for(;r(zt);){s("*")&&(h=a);let $=Rt(),M=v();if(M===null)throw new SyntaxError("Expected variant value");i[a++]={key:$,value:M}}if(a===0)return null;if(h===void 0)throw new SyntaxError("Expected default variant");return{variants:i,star:h}}function Rt(){o(Jt,SyntaxError);let i;return r(G)?i=Y():i={type:"str",value:d(Bt)},o(Yt,SyntaxError),i}function J(){if(r(G))return Y();if(t[e]==='"')return At();throw new SyntaxError("Invalid expression")}function Y(){let[,i,a=""]=l(G),h=a.length;return{type:"num",value:parseFloat(i),precision:h}}function At(){s('"',SyntaxError);let i="";for(;;){if(i+=d(Gt),t[e]==="\\"){i+=Mt();continue}if(s('"'))return{type:"str",value:i};throw new SyntaxError("Unclosed string literal")}}function Mt(){if(r(ht))return d(ht);if(r(ft)){let[,i,a]=l(ft),h=parseInt(i||a,16);return h<=55295||57344<=h?String.fromCodePoint(h):"�"}throw new SyntaxError("Unknown escape sequence")}function Q(){let i=e;switch(o(re),t[e]){case".":case"[":case"*":case"}":case void 0:return!1;case"{":return tt(t.slice(i,e))}return t[e-1]===" "?tt(t.slice(i,e)):!1}function U(i,a){return i.replace(a,"")}function tt(i){let a=i.replace(Kt,`
`),h=Zt.exec(i)[1].length;return new F(a,h)}}},F=class{constructor(t,e){this.value=t,this.length=e}};var se="áƀćđéƒǵĥíĵķĺḿńóṕɋŕśţúṽŵẋýź",ie="ÁɃĆĐÉƑǴĤÍĴĶĹḾŃÓṔɊŔŚŢÚṼŴẊÝŹ";function oe(n){return n.replace(/[a-zA-Z]/g,t=>{let e=t>="a",r=t.charCodeAt(0)-(e?97:65);return[...e?se:ie][r]??t})}function H(n,t=yt()){let e=new N("en-GB",{useIsolating:!1,...t==="en-XA"?{transform:oe}:{}});for(let r of n)e.addResource(new I(r));return(r,s)=>{let[o="",l]=r.split("."),d=e.getMessage(o),g=l===void 0?d?.value:d?.attributes[l];return g?e.formatPattern(g,s):r}}function pt(){let n=yt();return n===""||n==="en"||n==="en-XA"?"en-GB":n}function yt(){return typeof document>"u"?"en":document.documentElement.lang}var p=H([nt]);function wt(n){let t=Math.max(0,Math.floor(n)),e=Math.floor(t/60),r=Math.floor(e/60),s=Math.floor(r/24);return s>0?r%24>0?p("unit-d-h",{d:`${s}`,h:`${r%24}`}):p("unit-d",{n:`${s}`}):r>0?e%60>0?p("unit-h-min",{h:`${r}`,min:`${e%60}`}):p("unit-h",{n:`${r}`}):e>0?p("unit-min",{n:`${e}`}):p("unit-s",{n:`${t}`})}function Et(n){let t=Math.max(0,n);return t<9.95?R(t,1):t<59.5?R(t,0):ae(t)}function R(n,t){return p("unit-s",{n:n.toFixed(t)})}function L(n){return p("unit-ms",{n:T(n)})}function ae(n){let t=Math.max(0,Math.round(n)),e=o=>String(o).padStart(2,"0"),r=Math.floor(t/3600),s=Math.floor(t/60)%60;return r>0?`${r}:${e(s)}:${e(t%60)}`:`${s}:${e(t%60)}`}function bt(n){let t=n/1e6;return t<.9995?p("unit-kbps",{n:`${Math.round(n/1e3)}`}):p("unit-mbps",{n:t<9.95?t.toFixed(1):`${Math.round(t)}`})}function V(n){let[t,e]=n<1e6?["unit-kb",n/1e3]:n<1e9?["unit-mb",n/1e6]:n<1e12?["unit-gb",n/1e9]:["unit-tb",n/1e12];return p(t,{n:e<9.95?e.toFixed(1):`${Math.round(e)}`})}function vt(n){return p("unit-fps",{n:`${Number(n.toFixed(2))}`})}function T(n){return Math.round(n).toLocaleString(pt())}var u=H([et]),le=60,K=class{#t;#s;#n;#i;#o;constructor(t){this.#t=t,this.#s=new k(m(t,"#log"));let e=[...t.querySelectorAll("[data-side] stage-player")],r=e[0]?.getAttribute("slug");this.#n=new O(`/hls/${r}/`,`/${r}/whep`),this.#i=e.map(s=>new Z(s,this.#n,(o,l)=>this.#e(o,l)))}start(){for(let e of this.#i)e.start();let t=e=>this.#a(e.detail.state);this.#t.addEventListener("stage-state",t),this.#t.addEventListener("stage-playlist",e=>{m(this.#t,"#media").value=e.detail.url}),this.#t.addEventListener("stage-stats",()=>this.#r()),this.#l(),this.#f()}#e(t,e){let r={stream:"test-who-stream",network:"test-who-network",realtime:"test-who-realtime",low:"test-who-low",steady:"test-who-low"};this.#s.add(u(r[t]),e)}#a(t){if(t!==this.#o)switch(this.#o=t,m(this.#t,"[data-offline]").hidden=t==="live"||t==="away",t){case"live":return this.#e("stream",u("test-state-live"));case"away":return this.#e("stream",u("test-state-away"));case"offline":return this.#e("stream",u("test-state-offline"));case"ended":return this.#e("stream",u("test-state-ended"));case"not_allowed":return this.#e("stream",u("test-state-closed"))}}#l(){if(typeof PerformanceObserver>"u")return;new PerformanceObserver(e=>{let s=e.getEntries().map(o=>this.#n.take(o)).filter(o=>o!==void 0);for(let{name:o,status:l,tookMs:d}of s)l>=400&&this.#e("network",u("test-log-status",{name:o,status:String(l),time:L(d)}));s.length>0&&this.#c()}).observe({type:"resource",buffered:!0})}#c(){let t=Array.from({length:8},(r,s)=>{let o=this.#n.recent[s],l=o?L(o.tookMs):"–",d=o&&o.bytes>0?V(o.bytes):"–",g=document.createElement("tr");for(let[A,v]of[o?.name??"–",l,d].entries()){let b=document.createElement("td");b.textContent=v,b.className=A===0?"mono":"r num",g.append(b)}return g});m(this.#t,"[data-requests]").replaceChildren(...t);let e={count:T(this.#n.count),bytes:V(this.#n.bytes)};q(m(this.#t,"[data-requests-total]"),u("test-requests.total",e))}#r(){this.#n.count===0&&this.#i.some(t=>t.hasShown(le))&&q(m(this.#t,"[data-requests-total]"),u("test-requests.unseen"))}#f(){let t=m(this.#t,"[data-log-clear]");t.hidden=!1,t.addEventListener("click",()=>this.#s.clear())}},Z=class{#t;#s;#n;#i;#o;#e={delay:new S,buffer:new S,rate:new S,dropped:new S};#a;#l=0;#c=0;constructor(t,e,r){this.#s=t,this.#t=t.closest("[data-side]")??t,this.#o=this.#t.dataset.side==="realtime"?"realtime":"low",this.#n=e,this.#i=r}start(){let t=(e,r)=>this.#s.addEventListener(e,s=>r(s.detail));t("stage-opened",e=>this.#f(e)),t("stage-playlist",e=>this.#g(e)),t("stage-playing",e=>this.#p(e)),t("stage-stall",()=>this.#y()),t("stage-error",({trouble:e,step:r})=>this.#w(e,r)),t("stage-slate",e=>e!==null&&this.#d(!1)),t("stage-stats",e=>this.#m(e)),this.#E()}hasShown(t){return this.#c>t}#r(t){this.#i(this.#o,t)}#f(t){this.#a=performance.now(),this.#d(!1);let r=u({realtime:"test-log-opened.realtime",low:"test-log-opened.low",steady:"test-log-opened.steady"}[t]);this.#r(u("test-log-opened",{choice:r}))}#g({targetDurationS:t,partTargetS:e}){let r=wt(t),s=e===null?u("test-playlist.whole",{segment:r}):u("test-playlist.parts",{part:L(e*1e3),segment:r});this.#u("playlist",s),this.#r(u("test-log-playlist",{facts:s}))}#p(t){if(this.#a===void 0)this.#r(u("test-log-again"));else{let e=L(performance.now()-this.#a);this.#a=void 0,this.#u("first",e),this.#r(u("test-log-first",{time:e}))}this.#d(!0),this.#m(t)}#y(){this.#d(!1),this.#r(u("test-log-stall"))}#w(t,e){let r=t.kind==="network"&&t.status!==void 0?String(t.status):"–";switch(e.step){case"by_hls":{let s={unsuitable:"test-log-by-hls.unsuitable",busy:"test-log-by-hls.busy",network:"test-log-by-hls.network"};return this.#r(u("test-log-by-hls",{because:u(s[e.because])}))}case"recover_media":return this.#r(u("test-log-media"));case"refused":return this.#r(u("test-log-refused"));case"cannot_play":return this.#r(u("test-log-cannot"));case"reload":{let s={status:r,wait:R(e.afterS,1)},o=e.because==="network"?u("test-log-broken",s):u("test-log-gone",s);return this.#r(e.because==="media"?u("test-log-media"):o)}}}#E(){let t=()=>{let e=this.#s.querySelector("media-controller video:not(.p-poster)");e&&(e.addEventListener("resize",()=>{let r={width:String(e.videoWidth),height:String(e.videoHeight)};e.videoWidth>0&&this.#r(u("test-log-size",r))}),e.addEventListener("ratechange",()=>{let r=this.#e.delay.latest,s={speed:e.playbackRate.toFixed(2),delay:r===void 0?"–":Et(r)};this.#r(u("test-log-speed",s))}))};customElements.whenDefined("stage-player").then(t)}#d(t){let e=m(this.#t,"[data-playing]");e.classList.toggle("ok",t),e.textContent=(t?e.dataset.yes:e.dataset.no)??""}#m(t){if(t.connection===null)return;if(this.#c=t.frames,t.delay_s!==null&&this.#e.delay.add(t.delay_s),this.#e.buffer.add(t.buffer_s),t.bitRate!==null&&this.#e.rate.add(t.bitRate),this.#e.dropped.add(Math.max(0,t.dropped-this.#l)),this.#l=t.dropped,this.#h("delay",this.#e.delay,s=>R(s,2)),this.#h("buffer",this.#e.buffer,s=>R(s,2)),this.#h("rate",this.#e.rate,bt),this.#h("dropped",this.#e.dropped,T,T(t.dropped),u("test-dropped.verdict",{frames:T(t.frames)})),t.width>0){let s={width:String(t.width),height:String(t.height)};this.#u("picture",u("test-picture.value",{...s,rate:vt(t.rate),codec:t.video??"–"}))}this.#u("sound",t.audio??"–"),this.#u("stalls",T(t.stalls));let e=t.via??(this.#o==="low"?this.#n.protocol:""),r=t.connection;this.#u("connection",e===""?r:u("test-connection.value",{kind:r,protocol:e}))}#h(t,e,r,s,o){let l=m(this.#t,`[data-tile=${t}]`),{latest:d,range:g}=e;if(d===void 0||g===void 0)return;ce(m(l,".figure"),s??r(d));let[A,v]=g;q(m(l,".verdict"),o??u("test-range",{low:r(A),high:r(v)}));let{line:b,area:D}=e.paths;m(l,"path.l").setAttribute("d",b),m(l,"path.a").setAttribute("d",D)}#u(t,e){q(m(this.#t,`[data-fact=${t}]`),e)}};function ce(n,t){if(n.dataset.figure===t)return;n.dataset.figure=t;let e=t.indexOf(" "),r=document.createElement("small");r.textContent=e<0?"":t.slice(e+1),n.replaceChildren(e<0?t:`${t.slice(0,e)} `,...e<0?[]:[r])}function q(n,t){n.textContent!==t&&(n.textContent=t)}function m(n,t){let e=n.querySelector(t);if(!e)throw new Error(`the page has no ${t}`);return e}var $t=document.querySelector("[data-test]");$t&&new K($t).start();})();
