"""Knowledge of English and French that finding needs: small words, variants, irregular forms.

All words are folded, as `search.words.folded` leaves them.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FRENCH_HEADS = _words("l d j m t s n c qu jusqu lorsqu puisqu quoiqu presqu")
"""What is elided before an apostrophe (jusqu'à, l'été)."""
ENGLISH_TAILS = _words("s re ve ll d m")
"""What hangs behind an apostrophe (it's, we'll)."""

ENGLISH = _words(
    "a about after again all am an and any are as at be because been before being but by can"
    " could did do does doing don dont for from had has have having he her here hers him his how i"
    " if in into is isnt it its just me more most my no not now of off on once only or other our"
    " out over own she should so some such than that the their them then there these they this"
    " those to too under until up very was we were what when where which while who whom why will"
    " with would you your yours get got im ive id"
)
FRENCH = _words(
    "a ai au aux avec avez avoir avons ayant c ca car ce ceci cela celle celles celui ces cet"
    " cette ceux chez comme comment d dans de des donc dont du elle elles en encore es est et etait"
    " etaient etais etant ete etes etre eu fait faire il ils j je l la le les leur leurs lui m ma"
    " mais me meme mes moi mon n ne ni nos notre nous on ont ou par pas peu peut plus pour pourquoi"
    " qu quand que quel quelle quelles quels qui quoi sa sans se sera ses si soit sommes son sont"
    " sur ta te tes toi ton tous tout toute toutes tres tu un une vos votre vous y"
)
OF_BOTH = (ENGLISH | FRENCH) - _words(
    "car comment dont ete fait faire main on or pas plus pour si son sur ton tous out most"
    " doing me mes more no under over before after meme es ma sa ta"
) | {"on", "si", "me"}
"""Small words of either language that are no telling word of the other. "Car", "ton", "or" and
"pour" are small in one only; whoever asks in the other means them."""

_SPELT = """
colour=color colours=color coloured=color favourite=favorite favourites=favorite flavour=flavor
flavours=flavor odour=odor honour=honor labour=labor neighbour=neighbor neighbours=neighbor
behaviour=behavior rumour=rumor centre=center centres=center metre=meter metres=meter litre=liter
litres=liter theatre=theater fibre=fiber grey=gray tyre=tire tyres=tire cheque=check cheques=check
licence=license licences=license defence=defense offence=offense catalogue=catalog dialogue=dialog
programme=program programmes=program jewellery=jewelry aluminium=aluminum cosy=cozy plough=plow
pyjamas=pajamas mould=mold moult=molt travelling=traveling travelled=traveled traveller=traveler
travellers=traveler cancelled=canceled cancelling=canceling labelled=labeled modelling=modeling
organise=organize organised=organized organising=organizing organisation=organization
recognise=recognize recognised=recognized realise=realize moisturise=moisturize
moisturiser=moisturizer moisturising=moisturizing apologise=apologize customise=customize
customised=customized synchronise=synchronize minimise=minimize optimise=optimize analyse=analyze
aeroplane=airplane aeroplanes=airplane kerb=curb maths=math ageing=aging judgement=judgment
skilful=skillful
"""
_FORMS = """
went=go gone=go goes=go bought=buy paid=pay sent=send lost=lose left=leave broke=break broken=break
brought=bring built=build caught=catch chose=choose chosen=choose drove=drive driven=drive flew=fly
flown=fly flies=fly forgot=forget forgotten=forget gave=give given=give grew=grow grown=grow
held=hold kept=keep knew=know known=know made=make met=meet ran=run rode=ride ridden=ride said=say
sold=sell slept=sleep spent=spend spoke=speak spoken=speak stole=steal stolen=steal stuck=stick
taken=take took=take taught=teach thought=think threw=throw thrown=throw understood=understand
woke=wake wore=wear worn=wear wrote=write written=write fell=fall fallen=fall felt=feel found=find
ate=eat eaten=eat drank=drink drunk=drink began=begin begun=begin swam=swim shook=shake men=man
women=woman children=child people=person feet=foot teeth=tooth mice=mouse better=good best=good
worse=bad worst=bad yeux=oeil cieux=ciel mesdames=madame messieurs=monsieur veux=vouloir
veut=vouloir peux=pouvoir peuvent=pouvoir vais=aller va=aller vont=aller irai=aller
"""
SAME_WORD = dict(_pair.split("=") for _pair in (_SPELT + _FORMS).split())
"""A word in British spelling, or a form no stemmer relates, to the one that stands for it in the
index."""

_NEAR = """
plane airplane flight fly airline jet
train rail railway
bus coach
cab taxi
car automobile vehicle
ship boat ferry cruise
luggage baggage suitcase bag
hotel hostel accommodation lodging
trip travel journey tour visit
cheap inexpensive affordable budget low
cost price fee charge
buy purchase
refund reimburse money
cancel refund
safe safety dangerous danger secure
visa permit
border immigration customs
enter entry entering
layover transit stopover connection connect connecting
passport document
phone mobile cell smartphone telephone
internet wifi data
card credit debit
cash money currency
rent hire rental
near close nearby around
fast quick quickly speed
broken defect fault faulty problem issue error
fix repair
photo picture image photograph
begin start
end finish stop
big large
small little
child kid baby
vacation holiday
ticket fare
reservation booking book reserve
drive driving driver
stay remain overstay
work job employment
country nation
city town
food eat meal
sleep overnight night
medicine medication drug
apply application
different another other
find locate search
name surname
return back
carry bring take
usa us america american states
uk britain british england english kingdom gb
eu europe european
uae emirates dubai
schengen europe
nyc york
la angeles
sf francisco
france french paris
germany german
italy italian
spain spanish
china chinese
japan japanese
india indian
russia russian
canada canadian
australia australian
mexico mexican
brazil brazilian
ireland irish
switzerland swiss
netherlands dutch holland
turkey turkish
thailand thai
vietnam vietnamese
philippines filipino philippine
pakistan pakistani
iran iranian
israel israeli
egypt egyptian
poland polish
sweden swedish
norway norwegian
denmark danish
greece greek
portugal portuguese
korea korean
nepal nepali nepalese
cuba cuban
prix cout tarif
acheter achat
panne probleme defaut
creme lotion lait
visage peau
colis livraison commande
rembourser remboursement retour
telephone portable mobile
voiture auto
velo bicyclette
enfant bebe
debut commencer
"""
NEAR: dict[str, frozenset[str]] = {}
"""Folded words to others that often stand for the same thing; for likeness, not for results."""
for _line in _NEAR.strip().splitlines():
    for _one in _line.split():
        NEAR[_one] = NEAR.get(_one, frozenset()) | (_words(_line) - {_one})
