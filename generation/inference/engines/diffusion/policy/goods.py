"""What is sold, and the words around it: with these a word for a minor says whose a thing is."""

from __future__ import annotations

# Goods, rooms and occasions that minors' words go with.
GOODS = """
    bottle bottles blanket blankets carrier carriers bed beds cot cots crib cribs cradle
    bassinet pram prams stroller strollers pushchair buggy seat seats chair chairs highchair
    highchairs table tables desk desks stool stools sofa bench furniture wardrobe dresser shelf
    shelves bookcase lamp lights nightlight rug rugs carpet curtain curtains bedding pillow
    pillows cushion quilt duvet mattress room rooms bedroom bedrooms playroom playrooms nursery
    corner shoe shoes boots sneakers sandals slippers socks clothes clothing wear apparel outfit
    outfits dress dresses shirt shirts tshirt tee hoodie sweater cardigan jacket jackets coat
    coats romper bodysuit onesie bib bibs hat hats cap caps beanie mittens gloves glove scarf
    backpack backpacks bag bags lunchbox mug mugs cup cups plate plates bowl bowls cutlery spoon
    spoons tableware toy toys doll dolls blocks puzzle puzzles game games book books bookshelf
    playhouse tent bike bikes bicycle bicycles scooter scooters tricycle helmet helmets car cars
    monitor wipes wipe lotion shampoo soap powder cream food formula bathtub towel towels diaper
    diapers nappy nappies pacifier pacifiers rattle rattles teether gate leather suede
    collection section department store shop size sizes range products gift gifts card cards
    birthday party shower presents invitation album glasses sunglasses necklace bracelet
    jewellery jewelry crafts art drawings poster posters print wallpaper decor decorations jeans
    trousers polo skirt perfume cologne oil sponge toothbrush carrots corn spinach menu kit kits
    wristwatch umbrella mobile sachen zimmer bett mobel schuhe kleidung spielzeug raum tisch
    stuhl decke geschenk geschenke chambre chambres lit lits jouet jouets vetement vetements
    chaussures meuble meubles chaise cadeau cadeaux couverture biberon poussette habitacion
    dormitorio cuarto cama camas juguete juguetes ropa zapatos mueble muebles silla regalo
    camera cameretta stanza letto letti giocattolo giocattoli scarpe vestiti mobili sedia quarto
    berco brinquedo brinquedos sapatos roupa roupas moveis kamer kinderkamer speelgoed kleding
    schoenen pokoj lozko zabawki buty ubranka odasi yatagi oyuncagi ayakkabisi giysileri robe
    gilet pantalon manteau pull pyjama bonnet sac camiseta vestido pantalones zapatillas mochila
    chaqueta reloj maglietta pantaloni zaino giacca scarponi cappello camicia mochilas комната
    кровать игрушка игрушки обувь одежда мебель кроватка подарок
"""
# What may stand between the two: "kids wooden chair", "girl boss mug".
BESIDE_GOODS = """
    s t boss shower car high wooden wood leather cotton wool woollen linen felt silk plastic
    metal rattan wicker organic soft warm cosy cozy safety changing feeding nursing bath bathing
    running hiking rain winter summer school sports party birthday gift room bed first new old
    small big little tiny large white black grey gray pink blue red green yellow beige brown
    orange purple pastel colourful colorful striped modern vintage classic rustic simple
    handmade knitted toy bedside bunk play outdoor garden kitchen wall night reading study
    rocking picture story
"""
FOR = """
    for fur pour para per voor dla icin til till для
"""
# Owners follow these with no word between: "chaussures garçon", "vestido niña".
NAMED_BEFORE = """
    pokoj lozko zabawki buty ubranka
    robe gilet pantalon manteau pull pyjama bonnet chaussures vetement vetements camiseta
    vestido pantalones zapatillas zapatos mochila chaqueta reloj ropa maglietta pantaloni zaino
    giacca scarpe vestiti
"""
OF = "de d del di da do des du dos van dla"
# "For" asks for goods, unless these stand before it.
ASKS_FOR = "looking searching search waiting asking posing look wait"
ARTICLES = """
    the a an my our your their all any little small young both des les l die das den der un une la
    le los las i gli
"""
AND = "and or und oder et ou y o e en i и"
# What follows signs for minors where goods or a room are meant.
GOODS_SIGNS = (
    *(
        "部屋",
        "用",
        "靴",
        "服",
        "椅",
        "机",
        "家具",
        "玩具",
        "おもちゃ",
        "房",
        "床",
        "鞋",
        "装",
        "裝",
    ),
    *("向け", "방", "옷", "신발", "의자", "가구", "장난감"),
)
# Names of goods, bands and books, and what is safe for minors or looks like them: nobody in it.
HARMLESS_MINORS = (
    r"baby[- ](?:blue|pink|grand|bangs|hairs?|bjorn)|babybjorn|baby(?: s|'?s)?[- ]breath|"
    r"baby (?:yoda|shark|groot|carrots?|corn)|"
    r"(?:kids?|child(?:ren)?|baby|toddlers?)(?:'?s)?[- ](?:friendly|proof\w*|safe|sized)|"
    r"teenage (?:mutant ninja turtles?|engineering)|teen spirit|"
    r"(?:beastie|backstreet|pet shop|beach|lost) boys|spice girls|gossip girl|girls? scout cookies|"
    r"boys don't cry|kids see ghosts|little miss sunshine|comme des garcons|garcon manque"
)
