"""Mail domains where the public has its mailboxes: a brake for the whole of such a domain would stop strangers for each other.

Separate because it is a list of facts. The brakes for the client and for each mailbox hold for these too. A domain that is
missing here is braked when more sign up from it in an hour than the limit says; one that is here wrongly is never braked.
"""

_NAMES = """
gmail.com googlemail.com

outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.at outlook.be outlook.dk outlook.ie outlook.jp outlook.kr
outlook.pt outlook.sa outlook.cz outlook.hu outlook.co.il outlook.co.th outlook.com.ar outlook.com.au outlook.com.br
outlook.com.gr outlook.com.tr outlook.in outlook.lv outlook.my outlook.ph outlook.sg outlook.sk outlook.cl outlook.id
hotmail.com hotmail.de hotmail.fr hotmail.it hotmail.es hotmail.be hotmail.nl hotmail.se hotmail.no hotmail.dk hotmail.fi
hotmail.ch hotmail.gr hotmail.ca hotmail.cl hotmail.co.uk hotmail.co.jp hotmail.co.nz hotmail.co.th hotmail.com.ar
hotmail.com.au hotmail.com.br hotmail.com.tr hotmail.hu hotmail.my hotmail.sg
live.com live.de live.fr live.it live.be live.nl live.se live.no live.dk live.fi live.at live.ca live.cl live.cn live.ie
live.in live.jp live.ru live.co.uk live.co.za live.com.ar live.com.au live.com.mx live.com.pt
msn.com passport.com windowslive.com

yahoo.com yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.gr yahoo.ie yahoo.ca yahoo.in yahoo.pl yahoo.ro yahoo.se yahoo.no
yahoo.dk yahoo.co.uk yahoo.co.in yahoo.co.id yahoo.co.jp yahoo.co.kr yahoo.co.nz yahoo.co.th yahoo.co.za yahoo.com.ar
yahoo.com.au yahoo.com.br yahoo.com.cn yahoo.com.co yahoo.com.hk yahoo.com.mx yahoo.com.my yahoo.com.pe yahoo.com.ph
yahoo.com.sg yahoo.com.tr yahoo.com.tw yahoo.com.vn ymail.com rocketmail.com myyahoo.com aol.com aol.de aol.fr aol.it
aol.co.uk aim.com netscape.net

icloud.com me.com mac.com

gmx.de gmx.net gmx.at gmx.ch gmx.com gmx.fr gmx.es gmx.co.uk gmx.us gmx.org gmx.info gmx.eu web.de mail.com email.com
t-online.de magenta.de freenet.de arcor.de vodafone.de vodafonemail.de kabelmail.de 1und1.de online.de o2online.de
o2mail.de unitybox.de posteo.de posteo.net mailbox.org tutanota.com tutanota.de tuta.io tuta.com tutamail.com
aon.at chello.at a1.net drei.at bluewin.ch sunrise.ch hispeed.ch

proton.me protonmail.com protonmail.ch pm.me hey.com fastmail.com fastmail.fm zoho.com zohomail.com zohomail.eu hushmail.com
startmail.com runbox.com mailfence.com disroot.org riseup.net inbox.com inbox.lv inbox.lt duck.com mozmail.com
privaterelay.appleid.com simplelogin.com

orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr aliceadsl.fr club-internet.fr
libero.it virgilio.it tiscali.it tin.it alice.it tim.it fastwebnet.it inwind.it iol.it email.it
telefonica.net terra.es movistar.es orange.es ono.com sapo.pt mail.telepac.pt netcabo.pt
skynet.be telenet.be scarlet.be proximus.be ziggo.nl kpnmail.nl kpnplanet.nl planet.nl xs4all.nl home.nl chello.nl
upcmail.nl hetnet.nl telia.com bredband.net comhem.se spray.se tele2.se online.no broadpark.no mail.dk
jubii.dk tdcadsl.dk stofanet.dk luukku.com kolumbus.fi elisanet.fi saunalahti.fi
btinternet.com btopenworld.com sky.com virginmedia.com ntlworld.com blueyonder.co.uk talktalk.net tiscali.co.uk
plus.net o2.co.uk eircom.net

seznam.cz email.cz post.cz centrum.cz volny.cz atlas.cz azet.sk zoznam.sk centrum.sk wp.pl o2.pl onet.pl op.pl interia.pl
interia.eu poczta.onet.pl gazeta.pl tlen.pl vp.pl freemail.hu citromail.hu abv.bg mail.bg dir.bg ukr.net i.ua meta.ua
bigmir.net mail.ru inbox.ru list.ru bk.ru internet.ru yandex.ru yandex.com yandex.ua yandex.by yandex.kz ya.ru rambler.ru
lenta.ru tut.by otenet.gr walla.co.il walla.com mynet.com

comcast.net xfinity.com verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net spectrum.net roadrunner.com
rr.com twc.com earthlink.net mindspring.com optonline.net optimum.net frontier.com frontiernet.net windstream.net
centurylink.net juno.com netzero.net netzero.com suddenlink.net ameritech.net pacbell.net swbell.net
shaw.ca rogers.com sympatico.ca telus.net videotron.ca bell.net cogeco.ca
uol.com.br bol.com.br terra.com.br ig.com.br globo.com r7.com zipmail.com.br prodigy.net.mx fibertel.com.ar
bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au ozemail.com.au xtra.co.nz

qq.com foxmail.com 163.com 126.com yeah.net vip.163.com vip.qq.com sina.com sina.cn sohu.com aliyun.com 139.com 189.cn
tom.com 21cn.com naver.com hanmail.net daum.net nate.com kakao.com docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp
i.softbank.jp nifty.com biglobe.ne.jp ocn.ne.jp excite.co.jp hinet.net pchome.com.tw rediffmail.com sify.com indiatimes.com
telkom.net singnet.com.sg webmail.co.za mweb.co.za telkomsa.net vodamail.co.za emirates.net.ae
"""

LARGE_MAIL_DOMAINS = frozenset(_NAMES.split())
